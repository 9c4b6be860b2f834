import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { characterSetOf } from './printable-text.ts';
import type { CharacterSet } from './printable-text.ts';
import type { ScreenSize } from './screen-layout.ts';

const STDIN = 0;
const STDOUT = 1;
const CHUNK_BYTES = 256;
const FALLBACK_SIZE: ScreenSize = { columns: 80, rows: 24 };
/** Larger than any real terminal; a size is told by whoever holds the other end. */
const SIZE_MAX = 2000;

/** Calls of the C library that the screen needs; see session/ports/native-calls.ts. */
export interface TerminalCalls {
  startCharacterMode(fd: number): Buffer | undefined;
  restoreTerminal(fd: number, attributes: Buffer): void;
  watch(fd: number, event: 'readable', callback: () => void): { close(): void };
  windowSize(fd: number): ScreenSize | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The terminal of the session: standard output to draw on, standard input (else /dev/tty) for keys. */
export class MonitorTerminal {
  readonly characters: CharacterSet;
  readonly #calls: TerminalCalls;
  readonly #keyboard: number;
  #attributes: Buffer | undefined;
  #watch: { close(): void } | undefined;

  private constructor(calls: TerminalCalls, keyboard: number, environment: Environment) {
    this.#calls = calls;
    this.#keyboard = keyboard;
    this.characters = characterSetOf(environment);
  }

  /**
   * undefined: a screen is not possible, because standard output is no terminal or one that can only print (TERM), the
   * process is in the background, or there is no keyboard.
   */
  static open(calls: TerminalCalls, environment: Environment): MonitorTerminal | undefined {
    const term = environment['TERM'];
    if (term === undefined || term === '' || term === 'dumb') return undefined;
    if (calls.windowSize(STDOUT) === undefined || !isInForeground()) return undefined;
    const keyboard = openKeyboard(calls);
    return keyboard === undefined ? undefined : new MonitorTerminal(calls, keyboard, environment);
  }

  /** The present size, at least one cell. */
  size(): ScreenSize {
    const told = this.#calls.windowSize(STDOUT) ?? FALLBACK_SIZE;
    const cells = (value: number, fallback: number): number =>
      value === 0 ? fallback : Math.min(value, SIZE_MAX);
    return {
      columns: cells(told.columns, FALLBACK_SIZE.columns),
      rows: cells(told.rows, FALLBACK_SIZE.rows),
    };
  }

  /** Keys come without waiting for Enter and are not echoed. `onLost`: there is no keyboard any more. */
  startKeys(onBytes: (bytes: string) => void, onLost: () => void): void {
    this.#attributes = this.#calls.startCharacterMode(this.#keyboard);
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    this.#watch ??= this.#calls.watch(this.#keyboard, 'readable', () => {
      const length = readAvailable(this.#keyboard, buffer);
      if (length > 0) onBytes(buffer.toString('latin1', 0, length));
      if (length !== 0) return;
      this.stopKeys();
      onLost();
    });
  }

  /** The terminal is as it was found. Synchronous and idempotent. */
  stopKeys(): void {
    this.#watch?.close();
    this.#watch = undefined;
    // From the background this would stop the process (SIGTTOU), and the shell has set the terminal for itself by now.
    if (this.#attributes !== undefined && isInForeground())
      this.#calls.restoreTerminal(this.#keyboard, this.#attributes);
    this.#attributes = undefined;
  }

  /** Whether the terminal's keys and pictures are this process's. */
  isInForeground(): boolean {
    return isInForeground();
  }
}

/** Bytes read; 0 at the end of the input and when it cannot be read any more, -1 when there is nothing now. */
function readAvailable(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EAGAIN' || code === 'EINTR' ? -1 : 0;
  }
}

/** A descriptor of its own, so that it may be non-blocking without anybody else noticing. */
function openKeyboard(calls: TerminalCalls): number | undefined {
  for (const path of [`/proc/self/fd/${STDIN}`, '/dev/tty']) {
    try {
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      if (calls.windowSize(fd) !== undefined) return fd;
      closeSync(fd);
    } catch {
      // Not readable: the next one.
    }
  }
  return undefined;
}

/** Fields 5 and 8 of /proc/self/stat: the own process group, and the one that the terminal listens to. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return foreground === '-1' || group === foreground;
  } catch {
    return true;
  }
}
