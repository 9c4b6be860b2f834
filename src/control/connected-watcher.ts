import type { Socket } from 'node:net';
import { controlLine } from './control-text.ts';
import type { WatchEvent } from './protocol.ts';
import type { WatchingClient } from './watch-hub.ts';

/** Lines with output that wait for a client to read, bytes; further output is then told as missed, once it has read all. */
const QUEUE_BYTES = 1 << 20;

/** A client of the control socket that watches. */
export class ConnectedWatcher implements WatchingClient {
  readonly #socket: Socket;
  readonly #onClose: () => void;
  #queuedBytes = 0;
  #missedBytes = 0;
  #isBehind = false;
  #afterReply: WatchEvent[] = [];

  /** `onClose` ends the connection. */
  constructor(socket: Socket, onClose: () => void) {
    this.#socket = socket;
    this.#onClose = onClose;
  }

  get isBehind(): boolean {
    return this.#isBehind;
  }

  tellOutput(line: Buffer, bytes: number): void {
    if (this.#queuedBytes + line.length > QUEUE_BYTES) {
      this.#isBehind = true;
      this.missOutput(bytes);
      return;
    }
    this.#tellMissed();
    this.#queuedBytes += line.length;
    this.#write(line, () => this.#onRead(line.length));
  }

  missOutput(bytes: number): void {
    this.#missedBytes += bytes;
    if (this.#queuedBytes === 0) this.#catchUp();
  }

  tell(event: WatchEvent): void {
    this.#tellMissed();
    this.#write(controlLine(event));
  }

  tellAfterReply(event: WatchEvent): void {
    this.#afterReply.push(event);
  }

  /** The client has been told that it watches. */
  replied(): void {
    for (const event of this.#afterReply.splice(0)) this.tell(event);
  }

  close(): void {
    this.#onClose();
  }

  #onRead(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#queuedBytes === 0) this.#catchUp();
  }

  #catchUp(): void {
    this.#isBehind = false;
    this.#tellMissed();
  }

  #tellMissed(): void {
    const bytes = this.#missedBytes;
    this.#missedBytes = 0;
    if (bytes > 0) this.#write(controlLine({ event: 'output-missed', bytes } satisfies WatchEvent));
  }

  #write(line: string | Buffer, onRead?: () => void): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(line, () => onRead?.());
  }
}
