import { closeSync, openSync, unlinkSync } from 'node:fs';
import type { OutputPort } from '../runtime/output.ts';
import type { OutputRotation } from './stap-options.ts';
import { strftime } from './strftime.ts';

const BYTES_PER_MB = 1 << 20;

/** Opens the descriptor's output port; the descriptor stays the caller's to close. */
export type PortOpener = (fd: number) => OutputPort;

/** `-o FILE` cannot be opened; the message names it and says why. */
export class OutputFileError extends Error {}

/**
 * Script output to the file of -o, and to its successors: `FILE`, then `FILE.1`, `FILE.2`… with each switch; with
 * -S from `FILE.0` on, switching by itself before a file gets larger than its size and keeping the last N files.
 */
export class OutputFile implements OutputPort {
  readonly #format: string;
  readonly #rotation: OutputRotation | undefined;
  readonly #open: PortOpener;
  readonly #now: () => Date;
  readonly #names: string[] = [];
  #number: number;
  #fd = -1;
  #port: OutputPort;
  #size = 0;

  /**
   * @param format name with strftime(3) conversions, expanded at each opening
   * @throws {OutputFileError} when the first file cannot be opened
   */
  constructor(format: string, rotation: OutputRotation | undefined, open: PortOpener, now: () => Date) {
    this.#format = format;
    this.#rotation = rotation;
    this.#open = open;
    this.#now = now;
    this.#number = rotation === undefined ? -1 : 0;
    this.#port = this.#openFile();
  }

  write(bytes: Uint8Array): number | 'would-block' | 'broken' {
    const limit = this.#rotation === undefined ? Infinity : this.#rotation.sizeMb * BYTES_PER_MB;
    if (this.#size > 0 && this.#size + bytes.length > limit) this.switchFile();
    const taken = this.#port.write(bytes);
    if (typeof taken === 'number') this.#size += taken;
    return taken;
  }

  onWritable(callback: () => void): void {
    this.#port.onWritable(callback);
  }

  encode(text: string): Uint8Array {
    return this.#port.encode(text);
  }

  /** Goes on in the next file; stays in this one when that cannot be opened. */
  switchFile(): void {
    const previous = { fd: this.#fd, number: this.#number };
    this.#number = Math.max(this.#number, 0) + 1;
    try {
      this.#port = this.#openFile();
      closeSync(previous.fd);
    } catch {
      this.#number = previous.number;
    }
    this.#removeOldest();
  }

  #openFile(): OutputPort {
    const stem = strftime(this.#format, this.#now());
    const name = this.#number < 0 || stem === '/dev/null' ? stem : `${stem}.${this.#number}`;
    try {
      this.#fd = openSync(Buffer.from(name, 'latin1'), 'w', 0o666);
    } catch (error) {
      throw new OutputFileError(`Couldn't open output file ${name}: ${reasonOf(error)}`);
    }
    this.#names.push(name);
    this.#size = 0;
    return this.#open(this.#fd);
  }

  #removeOldest(): void {
    const keep = this.#rotation?.files;
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

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const reason = /^[A-Z]+: ([^,]*)/.exec(text)?.[1] ?? text;
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
