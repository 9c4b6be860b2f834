import { colorize, type Colors } from '../../diagnostic/colors.ts';
import type { RuntimeMessage } from '../../runtime/engine-ports.ts';
import { OutputChannel, type OutputPort } from '../../runtime/output.ts';
import type { OutputFormat } from '../stap-options.ts';
import { messageJson } from './message-json.ts';

/**
 * Lines on standard error during a run: `ERROR: …`, `WARNING: …` and notes, or objects; whole lines in order, never
 * blocking.
 */
export class MessagePrinter {
  readonly #channel: OutputChannel;
  readonly #format: OutputFormat;
  #colors: Colors | undefined;
  #hideWarnings: boolean;

  constructor(
    port: OutputPort,
    colors: Colors | undefined,
    hideWarnings: boolean,
    format: OutputFormat = 'text',
  ) {
    // A broken standard error takes nothing with it: messages then go nowhere.
    this.#channel = new OutputChannel(port, () => undefined);
    this.#colors = colors;
    this.#hideWarnings = hideWarnings;
    this.#format = format;
  }

  print(message: RuntimeMessage): void {
    if (message.kind === 'warning' && this.#hideWarnings) return;
    this.#channel.write(this.#format === 'json' ? messageJson(message, new Date()) : this.#lineOf(message));
    this.#channel.flush();
  }

  #lineOf({ kind, text }: RuntimeMessage): string {
    const prefix =
      kind === 'note' ? '' : `${colorize(kind === 'error' ? 'ERROR:' : 'WARNING:', kind, this.#colors)} `;
    return `${prefix}${text}${text.endsWith('\n') ? '' : '\n'}`;
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
