import { fstatSync, readSync } from 'node:fs';
import type { HandlerGate, PseudoFile } from '../../runtime/pseudo-file.ts';
import type { DescriptorWatch, NativeCalls, TerminalAttributes } from '../ports/native-calls.ts';

const STDIN = 0;
const CHUNK_BYTES = 4096;

/**
 * Feeds standard input to the write probes of procfs("__stdin"), one byte each, as stapprobes(3stap) describes for
 * input.char. A terminal loses line editing and echo meanwhile; `stop` gives them back and may be called at exit.
 */
export class StdinForwarder {
  readonly #file: PseudoFile;
  readonly #gate: HandlerGate;
  readonly #native: NativeCalls;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #pending = '';
  #watch: DescriptorWatch | undefined;
  #terminal: TerminalAttributes | undefined;
  #stopped = false;

  constructor(file: PseudoFile, gate: HandlerGate, native: NativeCalls) {
    this.#file = file;
    this.#gate = gate;
    this.#native = native;
  }

  start(): void {
    this.#terminal = this.#native.startCharacterMode(STDIN);
    this.#awaitInput();
  }

  /** Restores the terminal. Synchronous and idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#watch?.close();
    this.#watch = undefined;
    if (this.#terminal !== undefined) this.#native.restoreTerminal(STDIN, this.#terminal);
    this.#terminal = undefined;
  }

  #awaitInput(): void {
    if (this.#isAlwaysReadable()) setImmediate(() => this.#read());
    else this.#watch = this.#native.watch(STDIN, 'readable', () => this.#read());
  }

  /** Files, directories, disks, /dev/null and its like: epoll refuses them, and koffi ends the process then. */
  #isAlwaysReadable(): boolean {
    const status = fstatSync(STDIN);
    if (status.isFile() || status.isDirectory() || status.isBlockDevice()) return true;
    return status.isCharacterDevice() && this.#terminal === undefined;
  }

  #read(): void {
    this.#watch?.close();
    this.#watch = undefined;
    if (this.#stopped) return;
    const length = this.#readChunk();
    if (length <= 0) {
      if (length < 0) {
        this.#awaitInput();
        return;
      }
      this.stop();
      return;
    }
    this.#pending = this.#buffer.toString('latin1', 0, length);
    this.#forward();
  }

  /** 0 at the end of the input and when it cannot be read any more. */
  #readChunk(): number {
    try {
      return readSync(STDIN, this.#buffer);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === 'EAGAIN' || code === 'EINTR' ? -1 : 0;
    }
  }

  #forward(): void {
    const accessor = { tid: process.pid, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    while (this.#pending !== '' && !this.#stopped) {
      if (!this.#gate.ready()) {
        this.#gate.whenReady(() => this.#forward());
        return;
      }
      const byte = this.#pending.charAt(0);
      this.#pending = this.#pending.slice(1);
      this.#file.write?.(accessor, byte);
    }
    if (!this.#stopped) this.#awaitInput();
  }
}
