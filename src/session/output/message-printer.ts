import { colorize, type Colors } from '../../diagnostic/colors.ts';
import type { RuntimeMessage } from '../../runtime/engine-ports.ts';
import { OutputChannel, type OutputPort } from '../../runtime/output.ts';

/** Lines on standard error during a run: `ERROR: …`, `WARNING: …` and notes, whole lines in order, never blocking. */
export class MessagePrinter {
  readonly #channel: OutputChannel;
  #colors: Colors | undefined;
  #hideWarnings: boolean;

  constructor(port: OutputPort, colors: Colors | undefined, hideWarnings: boolean) {
    // A broken standard error takes nothing with it: messages then go nowhere.
    this.#channel = new OutputChannel(port, () => undefined);
    this.#colors = colors;
    this.#hideWarnings = hideWarnings;
  }

  print(message: RuntimeMessage): void {
    if (message.kind === 'warning' && this.#hideWarnings) return;
    const prefix =
      message.kind === 'note'
        ? ''
        : `${colorize(message.kind === 'error' ? 'ERROR:' : 'WARNING:', message.kind, this.#colors)} `;
    this.#channel.write(`${prefix}${message.text}${message.text.endsWith('\n') ? '' : '\n'}`);
    this.#channel.flush();
  }

  /** How messages look from now on. */
  setLook(colors: Colors | undefined, hideWarnings: boolean): void {
    this.#colors = colors;
    this.#hideWarnings = hideWarnings;
  }

  /** Settles when all is out. */
  drained(): Promise<void> {
    return this.#channel.drained();
  }
}
