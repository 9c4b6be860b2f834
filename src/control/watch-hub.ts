import { controlLine } from './control-text.ts';
import { KeptOutput, type OutputRun } from './kept-output.ts';
import { MAX_WATCHERS, type ControlFailure, type ControlRequest, type WatchEvent } from './protocol.ts';

/** What a client sends that wants to be told what happens. */
export type WatchRequest = Extract<ControlRequest, { op: 'watch' }>;

/** One watching client, as the module sees it. Nothing of it ever waits. */
export interface WatchingClient {
  /** So much output waits for it that further output is only counted. */
  readonly isBehind: boolean;
  /** The line of an event with output of so many bytes. */
  tellOutput(line: Buffer, bytes: number): void;
  /** So much output is not told. */
  missOutput(bytes: number): void;
  tell(event: WatchEvent): void;
  /** As `tell`, but not before the answer to the request that is being served. */
  tellAfterReply(event: WatchEvent): void;
  /** Ends the connection after what was told. */
  close(): void;
}

/** Output is collected for so long, so that a script that prints line by line costs little more when it is watched. */
const COLLECT_MS = 20;
/** Once so much is collected, further output of that time is told to nobody. */
const COLLECTED_BYTES = 1 << 20;
/** Output in one event, bytes. */
const EVENT_BYTES = 64 << 10;
/** Memory for output that is kept for the first one who asks for it. */
const KEPT_BYTES = 256 << 10;

/** What the hub does beside telling. */
export interface WatchHubOptions {
  /** Called when the first one wants handlers to be measured, and when the last one has gone. */
  readonly onTiming: (isWanted: boolean) => void;
  /** The newest output from now on is kept for the first one who asks for it with `fromStart`. */
  readonly keepsOutput?: boolean;
}

/** The answer to `watch`; `earlierBytes`: so much of what was written before follows it. */
export type WatchAnswer = { readonly ok: true; readonly earlierBytes: number } | ControlFailure;

type FinishedEvent = Extract<WatchEvent, { event: 'finished' }>;
type Stream = 'out' | 'err';

/** As it is collected. */
interface Run {
  readonly stream: Stream;
  readonly timeMs: number;
  readonly pieces: Uint8Array[];
  bytes: number;
}

/**
 * Everybody who watches a module. They get copies of what was written, each as fast as it reads; the work for them is
 * done once for all, and bounded, so that neither their number nor a slow one is felt by the readers of the output.
 */
export class WatchHub {
  readonly #clients = new Map<WatchingClient, WatchRequest>();
  readonly #onTiming: (isWanted: boolean) => void;
  #readsOutput = false;
  #runs: Run[] = [];
  #collectedBytes = 0;
  #missedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #last: (() => FinishedEvent) | undefined;
  #kept: KeptOutput | undefined;

  constructor({ onTiming, keepsOutput = false }: WatchHubOptions) {
    this.#onTiming = onTiming;
    if (keepsOutput) this.#kept = new KeptOutput(KEPT_BYTES);
  }

  /** Somebody wants handlers to be measured. */
  get wantsTiming(): boolean {
    return [...this.#clients.values()].some(({ timing }) => timing);
  }

  /**
   * The client is told what happens from now on, and before that, if it asks for it, what has been kept. Asked again, other
   * wishes take the place of those it had.
   */
  watch(client: WatchingClient, request: WatchRequest): WatchAnswer {
    if (!this.#clients.has(client) && this.#clients.size >= MAX_WATCHERS)
      return { ok: false, code: 'busy', text: 'Too many others watch the module.' };
    this.flush();
    this.#change(() => this.#clients.set(client, request));
    const earlierBytes = request.output && request.fromStart === true ? this.#tellKept(client) : 0;
    const last = this.#last;
    if (last !== undefined) setImmediate(() => this.#dismiss(client, last()));
    return { ok: true, earlierBytes };
  }

  unwatch(client: WatchingClient): void {
    this.#change(() => this.#clients.delete(client));
  }

  /** Bytes that were written to a stream; they stay as they are. */
  takeOutput(stream: Stream, bytes: Uint8Array): void {
    if (!this.#readsOutput && this.#kept === undefined) return;
    if (this.#collectedBytes >= COLLECTED_BYTES) this.#missedBytes += bytes.length;
    else this.#collect(stream, bytes);
    // What is kept is the newest, however much there is at once.
    if (!this.#readsOutput && this.#collectedBytes >= EVENT_BYTES) this.flush();
    this.#timer ??= setTimeout(() => this.flush(), COLLECT_MS).unref();
  }

  /** Tells everybody, after the output before it. */
  tell(event: WatchEvent): void {
    this.flush();
    for (const client of this.#clients.keys()) client.tell(event);
  }

  /** From now on `last` is the last event, for those who come later too. Further calls change nothing. */
  finish(last: () => FinishedEvent): void {
    if (this.#last !== undefined) return;
    this.#last = last;
    this.flush();
    if (this.#clients.size === 0) return;
    const event = last();
    for (const client of [...this.#clients.keys()]) this.#dismiss(client, event);
  }

  /** Tells the output collected so far. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [runs, missedBytes] = [this.#runs, this.#missedBytes];
    this.#runs = [];
    this.#collectedBytes = 0;
    this.#missedBytes = 0;
    if (runs.length === 0) return;
    const readers = [...this.#clients].filter(([, { output }]) => output).map(([client]) => client);
    for (const { stream, timeMs, pieces } of runs) {
      const run = { stream, timeMs, bytes: Buffer.concat(pieces) };
      tellRun(readers, run);
      this.#kept?.add(run);
    }
    if (missedBytes === 0) return;
    for (const reader of readers) reader.missOutput(missedBytes);
    this.#kept?.skip(missedBytes);
  }

  /** Tells one client what was kept, and lets go of it. Returns the number of bytes that are told, or told as missed. */
  #tellKept(client: WatchingClient): number {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept === undefined) return 0;
    // A slow client cannot miss it: there is no more than this.
    if (kept.droppedBytes > 0) client.tellAfterReply({ event: 'output-missed', bytes: kept.droppedBytes });
    for (const run of kept.runs)
      for (const part of partsOf(run.bytes)) client.tellAfterReply(outputEvent(run, part));
    return kept.allBytes;
  }

  #collect(stream: Stream, bytes: Uint8Array): void {
    this.#collectedBytes += bytes.length;
    const last = this.#runs.at(-1);
    if (last?.stream === stream && last.bytes < EVENT_BYTES) {
      last.pieces.push(bytes);
      last.bytes += bytes.length;
    } else this.#runs.push({ stream, timeMs: Date.now(), pieces: [bytes], bytes: bytes.length });
  }

  #dismiss(client: WatchingClient, event: WatchEvent): void {
    client.tell(event);
    client.close();
    this.unwatch(client);
  }

  #change(act: () => void): void {
    const wantedTiming = this.wantsTiming;
    act();
    this.#readsOutput = [...this.#clients.values()].some(({ output }) => output);
    const { wantsTiming } = this;
    if (wantsTiming !== wantedTiming) this.#onTiming(wantsTiming);
  }
}

function tellRun(readers: readonly WatchingClient[], run: OutputRun): void {
  for (const part of partsOf(run.bytes)) {
    const ready = readers.filter(({ isBehind }) => !isBehind);
    for (const reader of readers) if (reader.isBehind) reader.missOutput(part.length);
    if (ready.length === 0) continue;
    const line = Buffer.from(controlLine(outputEvent(run, part)), 'latin1');
    for (const reader of ready) reader.tellOutput(line, part.length);
  }
}

function* partsOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += EVENT_BYTES)
    yield bytes.subarray(start, start + EVENT_BYTES);
}

function outputEvent({ stream, timeMs }: OutputRun, part: Buffer): WatchEvent {
  return { event: 'output', stream, text: part.toString('latin1'), timeMs };
}
