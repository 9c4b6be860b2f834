import type { Monitor } from '../../monitor/monitor.ts';
import type { HandlerGate, PseudoFile } from '../../runtime/pseudo-file.ts';
import { StdinForwarder } from './stdin-forwarder.ts';
import type { NativeLoader } from './run-ports.ts';

/** What decides where a script's input comes from. */
export interface InputSources {
  readonly loadNative: NativeLoader;
  /** --monitor: its screen reads the keys. */
  readonly monitor?: Monitor | undefined;
  /** No terminal: there is no input. */
  readonly isBackground: boolean;
}

/** The standard input of a run, for scripts that want it; `stop` gives the terminal back. */
export class StandardInput {
  readonly #sources: InputSources;
  readonly #gate: HandlerGate;
  #forwarder: StdinForwarder | undefined;

  constructor(sources: InputSources, gate: HandlerGate) {
    this.#sources = sources;
    this.#gate = gate;
  }

  /** Feeds standard input to the script whose files these are, when it probes it. */
  async start(files: readonly PseudoFile[]): Promise<void> {
    const { loadNative, monitor, isBackground } = this.#sources;
    const file = files.find(({ path }) => path === '__stdin');
    if (file?.write === undefined || isBackground || monitor?.passKeysTo(file) === true) return;
    const native = await loadNative();
    if (native === undefined) return;
    const forwarder = new StdinForwarder(file, this.#gate, native);
    this.#forwarder = forwarder;
    process.once('exit', () => forwarder.stop());
    forwarder.start();
  }

  /** No byte reaches the script any more. Idempotent. */
  stop(): void {
    this.#forwarder?.stop();
  }
}
