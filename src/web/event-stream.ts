import type { ServerResponse } from 'node:http';
import type { WebLimits } from './web-limits.ts';

/**
 * One client that is told events (text/event-stream of the HTML standard). What it does not read waits here, up to a
 * limit; then its connection is closed, and it may come back with the id of the last event it has seen.
 */
export class EventStream {
  readonly #outgoing: ServerResponse;
  readonly #limits: WebLimits;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #listeners: (() => void)[] = [];
  #isOpen = true;
  /** When the client last had taken all there was. */
  #drainedAtMs = performance.now();

  /** Takes over an answer of which nothing has been sent. */
  constructor(outgoing: ServerResponse, limits: WebLimits) {
    this.#outgoing = outgoing;
    this.#limits = limits;
    outgoing.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    });
    outgoing.socket?.setTimeout(0);
    outgoing.socket?.setNoDelay(true);
    outgoing.on('close', () => this.#closed());
    outgoing.on('error', () => this.#closed());
    this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeatMs);
    // Something at once: proxies and browsers then know that the stream is open.
    this.#write(': events\n\n');
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** `event` and `id` are plain words; `data` is one line. Ignored once the stream is closed. */
  send(event: string, data: string, id?: number): void {
    this.#write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`);
  }

  /** Called once when the client has gone or was left. */
  onClosed(listener: () => void): void {
    if (this.#isOpen) this.#listeners.push(listener);
    else listener();
  }

  /** Ends the stream after what was sent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#outgoing.end();
    this.#closed();
  }

  #write(text: string): void {
    if (!this.#isOpen) return;
    // What waits is looked at before: one event that is longer than that alone must not end every stream.
    if (this.#waitingBytes > this.#limits.maxStreamBytes) {
      this.#leave();
      return;
    }
    this.#outgoing.write(text, 'utf8', () => {
      if (this.#outgoing.writableLength === 0) this.#drainedAtMs = performance.now();
    });
  }

  get #waitingBytes(): number {
    return Math.max(this.#outgoing.writableLength, this.#outgoing.socket?.writableLength ?? 0);
  }

  #beat(): void {
    const stalledMs = performance.now() - this.#drainedAtMs;
    if (this.#waitingBytes > 0 && stalledMs > this.#limits.streamStallMs) this.#leave();
    else this.#write(': \n\n');
  }

  #leave(): void {
    this.#outgoing.destroy();
    this.#closed();
  }

  #closed(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#heartbeat);
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
