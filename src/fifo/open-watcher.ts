import type { FifoCalls } from './fifo-calls.ts';

/** What happened to an entry of a watched directory. */
export interface OpenNotices {
  /** Somebody opened the entry, this process included. */
  opened(path: string): void;
  /** Somebody removed the entry or moved it away. */
  removed(path: string): void;
  /** Anything may have happened to any of them: time to look at all. True when something had. */
  look(): boolean;
}

const IN_OPEN = 0x20;
const IN_DELETE = 0x200;
const IN_ONLYDIR = 0x1000000;
const IN_Q_OVERFLOW = 0x4000;
const HEADER_BYTES = 16;
const BUFFER_BYTES = 1 << 16;
/** Looking anyway: notices may be missing, for lack of kernel memory for example. */
const LOOK_INTERVAL_MS = 1000;
/** Without inotify looking is all there is: often after something happened, less and less often when nothing does. */
const BUSY_LOOK_INTERVAL_MS = 10;
const QUIET_LOOK_INTERVAL_MS = 100;
const QUIET_AFTER_LOOKS = 100;

/** Watches the entries of directories, by inotify(7) where that can be had, else by looking again and again. */
export class OpenWatcher {
  readonly #calls: FifoCalls;
  readonly #notices: OpenNotices;
  readonly #fd: number;
  readonly #directories = new Map<number, string>();
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #watch: { close(): void } | undefined;
  #complete = true;
  #quietLooks = 0;
  #timer: NodeJS.Timeout;
  #closed = false;

  constructor(calls: FifoCalls, notices: OpenNotices) {
    this.#calls = calls;
    this.#notices = notices;
    this.#fd = calls.createNotifier();
    if (this.#fd >= 0) this.#watch = calls.watchReadable(this.#fd, () => this.#take());
    else this.#complete = false;
    this.#timer = setTimeout(() => this.#look(), BUSY_LOOK_INTERVAL_MS);
  }

  /** Watches the entries of one more directory. */
  add(directory: string): void {
    const number =
      this.#fd < 0 ? -1 : this.#calls.notifyAbout(this.#fd, directory, IN_OPEN | IN_DELETE | IN_ONLYDIR);
    if (number < 0) this.#complete = false;
    else this.#directories.set(number, directory);
  }

  /** Nobody is told anything any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watch?.close();
    if (this.#fd >= 0) this.#calls.close(this.#fd);
  }

  #look(): void {
    if (this.#closed) return;
    this.#quietLooks = this.#notices.look() ? 0 : this.#quietLooks + 1;
    const interval = this.#complete
      ? LOOK_INTERVAL_MS
      : this.#quietLooks < QUIET_AFTER_LOOKS
        ? BUSY_LOOK_INTERVAL_MS
        : QUIET_LOOK_INTERVAL_MS;
    this.#timer = setTimeout(() => this.#look(), interval);
  }

  /** Decodes struct inotify_event: watch, mask, cookie, length of the name, name padded with NUL. */
  #take(): void {
    if (this.#closed) return;
    const length = this.#calls.read(this.#fd, this.#buffer, BUFFER_BYTES);
    // A copy: what is told may lead to reading again.
    const events = Buffer.from(this.#buffer.subarray(0, Math.max(length, 0)));
    for (let at = 0; at + HEADER_BYTES <= events.length;) {
      const nameBytes = events.readUInt32LE(at + 12);
      const name = events.toString('utf8', at + HEADER_BYTES, at + HEADER_BYTES + nameBytes);
      this.#tell(events.readInt32LE(at), events.readUInt32LE(at + 4), name.replace(/\0+$/, ''));
      at += HEADER_BYTES + nameBytes;
    }
  }

  #tell(watch: number, mask: number, name: string): void {
    if (this.#closed) return;
    if ((mask & IN_Q_OVERFLOW) !== 0) this.#notices.look();
    const directory = this.#directories.get(watch);
    if (directory === undefined || name === '') return;
    if ((mask & IN_OPEN) !== 0) this.#notices.opened(`${directory}/${name}`);
    if ((mask & IN_DELETE) !== 0) this.#notices.removed(`${directory}/${name}`);
  }
}
