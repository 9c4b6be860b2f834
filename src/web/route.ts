import type { EventStream } from './event-stream.ts';

/** Methods that routes have; HEAD goes with GET, and OPTIONS tells which there are. */
export type WebMethod = 'GET' | 'PUT' | 'PATCH' | 'POST';

/** A request that has passed all checks. */
export interface WebRequest {
  readonly method: string;
  /** A part of the path that the route names, decoded. */
  parameter(name: string): string;
  readonly query: URLSearchParams;
  header(name: string): string | undefined;
  /** The whole body. @throws {WebProblem} 413, 400 */
  body(): Promise<Buffer>;
  /** The body as JSON. @throws {WebProblem} 413, 415, 400 */
  json(): Promise<unknown>;
}

/** An answer: complete, or a stream of events that goes on. */
export type WebAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  | { readonly stream: (stream: EventStream) => void };

/** What is done at one path with one method. */
export interface Route {
  readonly method: WebMethod;
  /** As hono takes it: `/modules/:name`, `/files/:path{.+}`. */
  readonly path: string;
  /** `token`: needs the server's token, if it has one. */
  readonly access: 'token' | 'everybody';
  readonly answer: (request: WebRequest) => WebAnswer | Promise<WebAnswer>;
}

/** A request that cannot be done; its answer is the JSON `{code, message, ...facts}`. */
export class WebProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: {
      readonly facts?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = 'WebProblem';
    this.status = status;
    this.code = code;
    this.facts = more.facts ?? {};
    this.headers = more.headers ?? {};
  }

  /** The answer that says so. */
  answer(): { readonly status: number; readonly headers: Record<string, string>; readonly body: string } {
    return {
      status: this.status,
      headers: { 'Content-Type': 'application/json; charset=utf-8', ...this.headers },
      body: JSON.stringify({ code: this.code, message: this.message, ...this.facts }),
    };
  }
}

/** An answer of JSON text. */
export function jsonAnswer(value: unknown, status = 200): WebAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify(value),
  };
}
