import { read, writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { deserialize, serialize } from 'node:v8';
import { CHANNEL_FD } from './background-descriptors.ts';
import type { KernelDescriptors } from '../../bpf/loader/open-kernel-probes.ts';
import type { ClaimTransfer } from '../../registry/module-claim.ts';
import type { EngineState } from '../../runtime/engine-state.ts';
import type { SwitchState } from '../output/output-switch.ts';
import type { RunSetup } from '../run/run-setup.ts';
import type { FrozenFiles } from '../files/serve-files.ts';

/** Where the output of a background module goes at first: to memory until a client attaches, or to the file of -o. */
export type BackgroundOutput = 'ring' | 'own-file';

/** Everything a running module consists of while no process runs it. */
export interface FrozenModule {
  readonly engine: EngineState;
  readonly output: SwitchState;
  readonly claim: ClaimTransfer | undefined;
  /** undefined: the module has no files. */
  readonly files: FrozenFiles | undefined;
  /** Its kernel half, by the numbers that the descriptors have in the background process; undefined: it has none. */
  readonly kernel: KernelDescriptors | undefined;
  /** The run counts as failed already. */
  readonly failed: boolean;
}

/** What the process in the foreground tells the one in the background. */
export type ToBackground =
  | {
      readonly kind: 'start';
      /** Text of the module (compiled-module-text.ts). */
      readonly module: string;
      readonly setup: RunSetup;
      readonly rename: boolean;
      readonly output: BackgroundOutput;
    }
  | {
      readonly kind: 'take-over';
      readonly module: string;
      readonly setup: RunSetup;
      readonly frozen: FrozenModule;
    }
  /** Load what takes long and answer `up`; `take-over` follows. */
  | { readonly kind: 'prepare' }
  /** The module is yours, the sender will not touch it any more. */
  | { readonly kind: 'commit' };

/** What it answers. */
export type FromBackground =
  /** Ready for `take-over`: everything that takes long has been loaded. */
  | { readonly kind: 'up'; readonly build: string }
  /** Ready for `commit`. */
  | { readonly kind: 'prepared' }
  /** The probes are active (after `start`), or requests are being answered (after `commit`). */
  | {
      readonly kind: 'running';
      readonly moduleName: string;
      /** What is to be said on standard error so far. */
      readonly messages: string;
    }
  /** It did not start; what it has to say about it, for standard error. */
  | { readonly kind: 'failed'; readonly messages: string };

const LENGTH_BYTES = 4;

/** Name of the running bundle: another one for every change of the program. */
export function thisBuild(): string {
  return basename(__filename);
}

/** A message as it goes over the channel: its length, then v8.serialize. */
export function frame(message: ToBackground | FromBackground): Buffer {
  const body = serialize(message);
  const head = Buffer.alloc(LENGTH_BYTES);
  head.writeUInt32LE(body.length, 0);
  return Buffer.concat([head, body]);
}

/** The background process's end: a blocking socket without the weight of node:net. */
export const backgroundEnd = {
  /** The next message; undefined when the other process has gone. */
  async receive(): Promise<ToBackground | undefined> {
    const head = await readExactly(LENGTH_BYTES);
    const body = head === undefined ? undefined : await readExactly(head.readUInt32LE(0));
    return body === undefined ? undefined : (deserialize(body) as ToBackground);
  },

  /** False when the other process has gone. */
  send(message: FromBackground): boolean {
    let rest = frame(message);
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(CHANNEL_FD, rest));
      return true;
    } catch {
      return false;
    }
  },
};

async function readExactly(length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length;) {
    const count = await new Promise<number>((resolve) => {
      read(CHANNEL_FD, buffer, filled, length - filled, null, (error, bytes) => resolve(error ? 0 : bytes));
    });
    if (count === 0) return undefined;
    filled += count;
  }
  return buffer;
}

/** The foreground process's end, over the stream that spawn() gives. */
export class ForegroundEnd {
  readonly #stream: Duplex;
  #received = Buffer.alloc(0);
  #messages: FromBackground[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (data: Buffer) => this.#accept(data));
    for (const event of ['close', 'end', 'error'])
      stream.on(event, () => {
        this.#closed = true;
        this.#wake();
      });
  }

  send(message: ToBackground): void {
    this.#stream.write(frame(message));
  }

  /** The next message; undefined when the other process has gone. */
  async receive(): Promise<FromBackground | undefined> {
    while (this.#messages.length === 0 && !this.#closed)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#messages.shift();
  }

  /** Does not keep this process alive any more. */
  close(): void {
    this.#stream.destroy();
  }

  #accept(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    while (this.#received.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#received.readUInt32LE(0);
      if (this.#received.length < end) return;
      this.#messages.push(deserialize(this.#received.subarray(LENGTH_BYTES, end)) as FromBackground);
      this.#received = this.#received.subarray(end);
    }
    this.#wake();
  }
}
