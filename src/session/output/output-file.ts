import { closeSync, constants, openSync, statSync, unlinkSync } from 'node:fs';
import type { OutputPort } from '../../runtime/output.ts';
import type { OutputRotation } from '../stap-options.ts';
import { strftime } from './strftime.ts';
import { systemErrorText } from '../../fuse/system-error-text.ts';

const BYTES_PER_MB = 1 << 20;
/** As long as a path may be, its NUL included; see limits.h, PATH_MAX. */
const PATH_MAX = 4096;
/** Has no successors: all of it is nowhere. */
const NULL_DEVICE = '/dev/null';
/** What is written goes to the end, also after somebody cut the file short (logrotate, copytruncate). */
const OPEN_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/** A port that can say why it is broken: the name of the error number. */
type FilePort = OutputPort & { readonly failure: string | undefined };

/** Opens the descriptor's output port; the descriptor stays the caller's to close. */
export type PortOpener = (fd: number) => FilePort;

/** `-o FILE` cannot be opened; the message names it and says why. */
export class OutputFileError extends Error {}

/**
 * Script output to the file of -o, and to its successors: `FILE`, then `FILE.1`, `FILE.2`… with each switch; with
 * -S from `FILE.0` on, switching by itself before a file gets larger than its size and keeping the last N files.
 */
export class OutputFile implements OutputPort {
  readonly #format: string;
  readonly #keepFiles: number | undefined;
  readonly #open: PortOpener;
  readonly #now: () => Date;
  readonly #warn: (text: string) => void;
  readonly #limitBytes: number;
  /** Files that -S may remove, oldest first. */
  readonly #names: string[] = [];
  #number: number;
  #name = '';
  #fd = -1;
  #port: FilePort;
  #size = 0;
  #waiting: (() => void) | undefined;

  /**
   * @param format name with strftime(3) conversions, expanded at each opening
   * @param warn takes the text of a warning: the next file could not be opened
   * @throws {OutputFileError} when the first file cannot be opened
   */
  constructor(
    format: string,
    rotation: OutputRotation | undefined,
    open: PortOpener,
    now: () => Date,
    warn: (text: string) => void,
  ) {
    this.#format = format;
    this.#keepFiles = rotation?.files;
    this.#open = open;
    this.#now = now;
    this.#warn = warn;
    const sizeMb = rotation?.sizeMb ?? 0;
    this.#limitBytes = sizeMb === 0 ? Infinity : sizeMb * BYTES_PER_MB;
    this.#number = rotation === undefined ? -1 : 0;
    this.#port = this.#openFile();
  }

  /** Name of the file that is written now. */
  get name(): string {
    return this.#name;
  }

  /** See DescriptorOutput. */
  get failure(): string | undefined {
    return this.#port.failure;
  }

  write(bytes: Uint8Array): number | 'would-block' | 'broken' {
    if (this.#size > 0 && this.#size + bytes.length > this.#limitBytes) this.switchFile();
    const taken = this.#port.write(bytes);
    if (typeof taken === 'number') this.#size += taken;
    return taken;
  }

  onWritable(callback: () => void): void {
    const port = this.#port;
    this.#waiting = callback;
    port.onWritable(() => {
      if (port === this.#port) this.#wake();
    });
  }

  encode(text: string): Uint8Array {
    return this.#port.encode(text);
  }

  /** Goes on in the next file. When that cannot be opened, stays in this one until the next switch is due. */
  switchFile(): void {
    const previous = { fd: this.#fd, number: this.#number, name: this.#name };
    this.#number = Math.max(this.#number, 0) + 1;
    try {
      this.#port = this.#openFile();
      closeSync(previous.fd);
    } catch (error) {
      if (!(error instanceof OutputFileError)) throw error;
      this.#number = previous.number;
      this.#size = 0;
      this.#warn(`${error.message}; output goes on in ${previous.name}`);
    }
    this.#removeOldest();
    // Who waited for the old file need not any more.
    if (this.#waiting !== undefined) queueMicrotask(() => this.#wake());
  }

  /** Nothing is written any more. */
  close(): void {
    this.#waiting = undefined;
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #wake(): void {
    const callback = this.#waiting;
    this.#waiting = undefined;
    callback?.();
  }

  #openFile(): FilePort {
    const stem = strftime(this.#format, this.#now());
    if (stem === '' || stem.length >= PATH_MAX)
      throw new OutputFileError('Filename format is invalid or too long.');
    const name = this.#number < 0 || stem === NULL_DEVICE ? stem : `${stem}.${this.#number}`;
    const path = Buffer.from(name, 'latin1');
    try {
      // A FIFO is opened for reading as well: neither does this wait for a reader, nor is one that leaves the end.
      this.#fd = isFifo(path) ? openSync(path, constants.O_RDWR) : openSync(path, OPEN_FLAGS, 0o666);
    } catch (error) {
      throw new OutputFileError(`Couldn't open output file ${name}: ${systemErrorText(error)}`);
    }
    this.#name = name;
    if (name !== stem) this.#names.push(name);
    this.#size = 0;
    return this.#open(this.#fd);
  }

  #removeOldest(): void {
    const keep = this.#keepFiles;
    if (keep === undefined || keep < 1) return;
    for (const name of this.#names.splice(0, Math.max(0, this.#names.length - keep))) {
      try {
        unlinkSync(Buffer.from(name, 'latin1'));
      } catch {
        // Somebody else removed it.
      }
    }
  }
}

function isFifo(path: Buffer): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
}
