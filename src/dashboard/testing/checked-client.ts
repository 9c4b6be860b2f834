import { expect } from 'vitest';
import { OpenapiFile } from './openapi-file.ts';

/** An answer whose form was checked. */
export interface CheckedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when there is none. */
  readonly json: unknown;
}

/** A client that holds every answer against docs/openapi.yaml. */
export class CheckedClient {
  readonly file = new OpenapiFile();
  readonly token: string;
  url = '';

  constructor(token: string) {
    this.token = token;
  }

  /** `operation` as in the file, `GET /api/v1/modules/{name}`; `parts` are put in encoded. */
  async ask(
    operation: string,
    parts: Readonly<Record<string, string>> = {},
    body?: { readonly json?: unknown; readonly bytes?: string | Buffer; readonly query?: string },
  ): Promise<CheckedAnswer> {
    const [method = '', path = ''] = operation.split(' ');
    const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(parts[name] ?? ''));
    const isJson = body?.json !== undefined;
    const answer = await fetch(`${this.url}${filled.slice(1)}${body?.query ?? ''}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(isJson && { 'Content-Type': 'application/json' }),
      },
      ...(isJson && { body: JSON.stringify(body.json) }),
      ...(body?.bytes !== undefined && { body: body.bytes }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    expect([operation, answer.status, this.file.problemOf(operation, answer.status, type, text)]).toEqual([
      operation,
      answer.status,
      undefined,
    ]);
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      json: type.startsWith('application/json') ? JSON.parse(text) : undefined,
    };
  }

  /** An event stream; `headers` besides the token. */
  async events(query: string, headers: Readonly<Record<string, string>> = {}): Promise<CheckedEvents> {
    const leave = new AbortController();
    const answer = await fetch(`${this.url}api/v1/events${query}`, {
      headers: { Authorization: `Bearer ${this.token}`, ...headers },
      signal: leave.signal,
    });
    expect(answer.status).toBe(200);
    return new CheckedEvents(answer, this.file, () => leave.abort());
  }
}

/** One event of a stream. */
export interface ReceivedEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** What a stream has told so far, each event as the file says. */
export class CheckedEvents {
  readonly received: ReceivedEvent[] = [];
  readonly leave: () => void;
  isClosed = false;
  readonly #file: OpenapiFile;

  constructor(answer: Response, file: OpenapiFile, leave: () => void) {
    this.#file = file;
    this.leave = leave;
    void this.#read(answer);
  }

  /** Waits for the first event for which `isWanted` holds. */
  async wait(event: string, isWanted: (data: unknown) => boolean = () => true): Promise<ReceivedEvent> {
    const find = (): ReceivedEvent | undefined =>
      this.received.find((one) => one.event === event && isWanted(one.data));
    await expect.poll(find, { timeout: 6000, interval: 20, message: `event ${event}` }).toBeDefined();
    const found = find();
    if (found === undefined) throw new Error(`no event ${event}`);
    return found;
  }

  /** Of all events of that name. */
  dataOf(event: string): unknown[] {
    return this.received.filter((one) => one.event === event).map(({ data }) => data);
  }

  async #read(answer: Response): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const piece of answer.body ?? []) {
        text += decoder.decode(piece as Uint8Array, { stream: true });
        const parts = text.split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) this.#take(part);
      }
    } catch {
      // Left, by either side.
    }
    this.isClosed = true;
  }

  #take(part: string): void {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1];
    const event = field('event');
    if (event === undefined) return;
    const data: unknown = JSON.parse(field('data') ?? '');
    const problem = this.#file.problemOfEvent(event, data);
    if (problem !== undefined) throw new Error(`${event}: ${problem}`);
    this.received.push({ event, id: field('id'), data });
  }
}
