/**
 * Where the bytes of a stream go: a file descriptor, or memory in tests. Never blocks.
 */
export interface OutputPort {
  /**
   * Writes from the start of `bytes`; returns how many it took (at least one), `would-block` when it can take
   * none now, `broken` when nobody will ever take any (EPIPE, a device that fails).
   */
  write(bytes: Uint8Array): number | 'would-block' | 'broken';
  /** Calls back once, when `write` is worth trying again after `would-block`. */
  onWritable(callback: () => void): void;
  /** One byte for each UTF-16 unit of the text (latin1). */
  encode(text: string): Uint8Array;
}

/** Queued bytes above which handlers have to wait, unless told otherwise. */
export const HIGH_WATER_BYTES = 1 << 20;

/** They go on when the queue is down to this part of it. */
const LOW_WATER_PART = 1 / 4;

/**
 * One ordered output stream: collects text while a handler runs, sends it when the handler ends and keeps what
 * the port cannot take yet. Nothing is dropped unless the port is broken.
 */
export class OutputChannel {
  readonly #port: OutputPort;
  readonly #onBroken: () => void;
  readonly #highWaterBytes: number;
  readonly #lowWaterBytes: number;
  #text = '';
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #waitingForPort = false;
  #broken = false;
  #lostBytes = 0;
  #writtenBytes = 0;
  #readyCallbacks: (() => void)[] = [];
  #drainedCallbacks: (() => void)[] = [];

  /** `onBroken` is called once, when the port reports that nobody reads any more. */
  constructor(port: OutputPort, onBroken: () => void, highWaterBytes = HIGH_WATER_BYTES) {
    this.#port = port;
    this.#onBroken = onBroken;
    this.#highWaterBytes = highWaterBytes;
    this.#lowWaterBytes = highWaterBytes * LOW_WATER_PART;
  }

  /** Bytes that nobody took because the port was broken. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** Bytes of all text so far, whatever became of it. */
  get writtenBytes(): number {
    return this.#writtenBytes + this.#text.length;
  }

  /** Counts what was written elsewhere before. */
  addWritten(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  /** Bytes that the next `flush` sends. */
  get unsent(): number {
    return this.#text.length;
  }

  /** Adds text; it is sent at the next `flush`. */
  write(text: string): void {
    this.#text += text;
  }

  /** Sends what was written, as far as the port takes it now; the rest follows by itself. */
  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#writtenBytes += text.length;
    if (this.#broken) {
      this.#lostBytes += text.length;
      return;
    }
    const bytes = this.#port.encode(text);
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#waitingForPort) this.#drain();
  }

  /** false while so much is queued that handlers should wait. */
  ready(): boolean {
    return this.#queuedBytes <= this.#highWaterBytes;
  }

  /** Calls back once, at once when nothing is queued above the low-water mark. */
  whenReady(callback: () => void): void {
    if (this.#queuedBytes <= this.#lowWaterBytes) callback();
    else this.#readyCallbacks.push(callback);
  }

  /** Settles when everything written and flushed so far is out, or the port is broken. */
  drained(): Promise<void> {
    this.flush();
    if (this.#queuedBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drainedCallbacks.push(resolve));
  }

  #drain(): void {
    let head = 0;
    for (; head < this.#queue.length; head++) {
      const rest = this.#writeChunk(this.#queue[head] ?? new Uint8Array(0));
      if (rest === 'broken') {
        this.#breakOff();
        return;
      }
      if (rest.length === 0) continue;
      this.#queue[head] = rest;
      break;
    }
    this.#queue.splice(0, head);
    if (this.#queue.length > 0) this.#waitForPort();
    // Last, because those who waited run handlers, which write and flush.
    this.#callWaiters();
  }

  /** What the port did not take of the bytes. */
  #writeChunk(bytes: Uint8Array): Uint8Array | 'broken' {
    let rest = bytes;
    while (rest.length > 0) {
      const taken = this.#port.write(rest);
      if (taken === 'would-block') break;
      if (taken === 'broken') return 'broken';
      this.#queuedBytes -= taken;
      rest = rest.subarray(taken);
    }
    return rest;
  }

  #waitForPort(): void {
    this.#waitingForPort = true;
    this.#port.onWritable(() => {
      this.#waitingForPort = false;
      this.#drain();
    });
  }

  #breakOff(): void {
    this.#broken = true;
    this.#lostBytes += this.#queuedBytes;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#callWaiters();
    this.#onBroken();
  }

  #callWaiters(): void {
    if (this.#queuedBytes <= this.#lowWaterBytes) callAll(this.#readyCallbacks.splice(0));
    if (this.#queuedBytes === 0) callAll(this.#drainedCallbacks.splice(0));
  }
}

function callAll(callbacks: readonly (() => void)[]): void {
  for (const callback of callbacks) callback();
}
