import { OutputChannel } from '../runtime/output.ts';
import type { OutputPort } from '../runtime/output.ts';
import type { OutputHistory } from './output-history.ts';

const BYTES_MAX_PER_CALL = 1 << 15;
/** About how much is kept of what the screen shows, the newest. */
const KEPT_BYTES = 1 << 18;

/**
 * Output that the screen shows as well. Either its target is somewhere else (a file, a pipe) and gets everything as it
 * comes, or it is the terminal itself: then the screen alone shows it, the newest is kept, and `release` prints that
 * once the screen has gone.
 */
export class MonitoredOutput implements OutputPort {
  readonly #target: OutputPort;
  readonly #history: OutputHistory;
  readonly #onOutput: () => void;
  #held: boolean;
  #watched = true;
  #kept: string[] = [];
  #keptBytes = 0;
  #keepAll = false;
  #releasing: Promise<void> | undefined;

  /** @param onTerminal the target is the terminal that the screen occupies */
  constructor(target: OutputPort, history: OutputHistory, onOutput: () => void, onTerminal: boolean) {
    this.#target = target;
    this.#history = history;
    this.#onOutput = onOutput;
    this.#held = onTerminal;
  }

  write(bytes: Uint8Array): number | 'would-block' | 'broken' {
    if (this.#releasing !== undefined) return 'would-block';
    const taken = this.#held ? bytes.length : this.#target.write(bytes);
    if (this.#watched && typeof taken === 'number') this.#show(bytes.subarray(0, taken));
    return taken;
  }

  onWritable(callback: () => void): void {
    if (this.#releasing === undefined) this.#target.onWritable(callback);
    else void this.#releasing.then(callback);
  }

  encode(text: string): Uint8Array {
    return this.#target.encode(text);
  }

  /** The end of the script begins: of what is kept the last `lines` stay, and nothing more is dropped. */
  keepFromNow(lines: number): void {
    if (this.#keepAll) return;
    this.#keepAll = true;
    this.#kept = [lastLines(this.#kept.join(''), lines)];
  }

  /**
   * The screen has gone: everything goes to the target, first what was kept, `lines` of it unless `keepFromNow` said it
   * before. Settles when that is out.
   */
  release(lines: number): Promise<void> {
    this.#watched = false;
    if (!this.#held) return Promise.resolve();
    this.keepFromNow(lines);
    this.#held = false;
    const channel = new OutputChannel(this.#target, () => undefined);
    channel.write(this.#kept.splice(0).join(''));
    this.#releasing = channel.drained().then(() => {
      this.#releasing = undefined;
    });
    return this.#releasing;
  }

  #show(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += BYTES_MAX_PER_CALL) {
      const text = String.fromCharCode(...bytes.subarray(start, start + BYTES_MAX_PER_CALL));
      this.#history.add(text);
      if (this.#held) this.#keep(text);
    }
    this.#onOutput();
  }

  #keep(text: string): void {
    this.#kept.push(text);
    this.#keptBytes += text.length;
    if (this.#keepAll || this.#keptBytes < 2 * KEPT_BYTES) return;
    this.#kept = [this.#kept.join('').slice(-KEPT_BYTES)];
    this.#keptBytes = KEPT_BYTES;
  }
}

/** The last lines of a text; a line that has only begun counts. */
function lastLines(text: string, count: number): string {
  let start = text.endsWith('\n') ? text.length - 1 : text.length;
  for (let left = count; left > 0 && start >= 0; left--)
    start = start === 0 ? -1 : text.lastIndexOf('\n', start - 1);
  return count === 0 ? '' : text.slice(start + 1);
}
