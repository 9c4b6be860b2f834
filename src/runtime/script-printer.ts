import type { Clock } from './handler-context.ts';
import type { HandlerState } from './handler-state.ts';
import { JsonLines, type UnfinishedLine } from './json-lines.ts';
import { handlerOrigin } from './line-origin.ts';
import type { OutputChannel } from './output.ts';

/** What a script prints on its way to the output: as it is, or a JSON object for each line. */
export class ScriptPrinter {
  /** Output goes through here when it is told in JSON. */
  readonly lines: JsonLines | undefined;
  readonly #output: OutputChannel;
  readonly #clock: Clock;

  constructor(output: OutputChannel, format: 'text' | 'json' | undefined, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
    this.lines = format === 'json' ? new JsonLines((text) => output.write(text)) : undefined;
  }

  /** The line that has begun, in JSON. */
  get unfinished(): UnfinishedLine | undefined {
    return this.lines?.unfinished;
  }

  /** What `print` of a handler does; `stateOf` is asked which one it is. */
  ofHandlers(stateOf: () => HandlerState): (text: string) => void {
    const [output, lines, clock] = [this.#output, this.lines, this.#clock];
    if (lines === undefined)
      return (text) => {
        output.write(text);
      };
    return (text) => {
      lines.print(text, () => handlerOrigin(stateOf(), clock));
    };
  }

  /** Prints what no handler printed. */
  report(text: string): void {
    if (this.lines === undefined) this.#output.write(text);
    else this.lines.print(text, () => ({ realtimeNs: this.#clock.realtimeNs() }));
  }

  /** Takes over a line that has begun elsewhere. */
  restore(line: UnfinishedLine | undefined): void {
    this.lines?.restore(line);
  }

  /** Nothing follows: a line whose end is missing is told as it is. */
  end(): void {
    this.lines?.end();
    this.#output.flush();
  }
}
