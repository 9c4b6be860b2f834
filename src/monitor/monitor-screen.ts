import type { OutputPort } from '../runtime/output.ts';
import { KeyDecoder } from './key-decoder.ts';
import type { MonitorStatus } from './monitor-status.ts';
import type { MonitorTerminal } from './monitor-terminal.ts';
import type { OutputHistory } from './output-history.ts';
import { layOut } from './screen-layout.ts';
import { ScreenPainter } from './screen-painter.ts';
import { initialScreenState, pressKey } from './screen-state.ts';
import type { KeyEffect, ScreenMetrics, ScreenState } from './screen-state.ts';

/** Output shows up after this time at the latest, however long the interval is. */
const OUTPUT_DELAY_MS = 100;

/** What a screen shows and whom it tells. */
export interface ScreenRequest {
  readonly terminal: Pick<
    MonitorTerminal,
    'characters' | 'size' | 'startKeys' | 'stopKeys' | 'isInForeground'
  >;
  /** The terminal's output. */
  readonly port: OutputPort;
  readonly history: OutputHistory;
  readonly intervalMs: number;
  /** The present data; undefined: none yet. */
  readonly collect: () => MonitorStatus | undefined;
  readonly onEffect: (effect: KeyEffect) => void;
  /** The keyboard has gone. */
  readonly onLost: () => void;
}

/** The live picture on a terminal. Between `enter` and `leave` nobody else may write there. */
export class MonitorScreen {
  readonly #request: ScreenRequest;
  readonly #painter = new ScreenPainter();
  readonly #keys = new KeyDecoder();
  #state: ScreenState = initialScreenState();
  #status: MonitorStatus | undefined;
  #metrics: ScreenMetrics = { tableRows: 0, probeCount: 0, outputRows: 0, outputFirst: 0, outputEnd: 0 };
  #up = false;
  #exited = false;
  #refreshTimer: NodeJS.Timeout | undefined;
  #outputTimer: NodeJS.Timeout | undefined;
  /** What the terminal has not taken yet. */
  #pending: Uint8Array = new Uint8Array(0);
  #waiting = false;
  #dirty = false;
  #drained: (() => void)[] = [];

  constructor(request: ScreenRequest) {
    this.#request = request;
  }

  /** Takes the terminal over. */
  enter(): void {
    if (this.#up) return;
    this.#up = true;
    this.#request.terminal.startKeys((bytes) => this.#type(bytes), this.#request.onLost);
    this.#send(this.#painter.enter());
    if (!this.#exited) this.#refreshTimer = setInterval(() => this.refresh(), this.#request.intervalMs);
    this.refresh();
  }

  /** Gives the terminal back as it was, at once; settles when the terminal has taken it. */
  leave(): Promise<void> {
    if (this.#up) {
      this.#up = false;
      clearInterval(this.#refreshTimer);
      clearTimeout(this.#outputTimer);
      this.#outputTimer = undefined;
      // A picture that is only half out is cut off.
      this.#pending = new Uint8Array(0);
      this.#send(this.#painter.leave());
      this.#request.terminal.stopKeys();
    }
    if (this.#pending.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Collects the data anew and shows it. */
  refresh(): void {
    if (!this.#exited) this.#status = this.#request.collect() ?? this.#status;
    this.#paint();
  }

  /** Shows new output soon. */
  outputChanged(): void {
    if (!this.#up || this.#outputTimer !== undefined) return;
    this.#outputTimer = setTimeout(() => {
      this.#outputTimer = undefined;
      this.#paint();
    }, OUTPUT_DELAY_MS);
  }

  /** The terminal has another size, or something else was written there. */
  redraw(): void {
    this.#painter.forget();
    this.#paint();
  }

  /** The script has ended: the data stays as it is, and only looking around and leaving are left. */
  exited(): void {
    this.refresh();
    this.#exited = true;
    clearInterval(this.#refreshTimer);
    this.#state = { ...this.#state, prompt: undefined };
    this.#paint();
  }

  #type(bytes: string): void {
    for (const key of this.#keys.keys(bytes)) {
      const { state, effect } = pressKey(this.#state, key, this.#metrics, this.#exited);
      this.#state = state;
      if (effect?.kind === 'redraw') this.#painter.forget();
      else if (effect !== undefined) this.#request.onEffect(effect);
    }
    this.refresh();
  }

  #paint(): void {
    if (!this.#up) return;
    if (this.#pending.length > 0) {
      // The terminal is slow or stopped (^S): later, and then the newest.
      this.#dirty = true;
      return;
    }
    const { terminal, history } = this.#request;
    const size = terminal.size();
    const content = {
      status: this.#status,
      state: this.#state,
      history,
      exited: this.#exited,
      characters: terminal.characters,
    };
    const { lines, metrics } = layOut(content, size);
    this.#metrics = metrics;
    this.#send(this.#painter.paint(lines, size));
  }

  #send(bytes: string): void {
    if (bytes === '') return;
    const added = this.#request.port.encode(bytes);
    this.#pending = this.#pending.length === 0 ? added : Buffer.concat([this.#pending, added]);
    if (!this.#waiting) this.#flush();
  }

  #flush(): void {
    while (this.#pending.length > 0) {
      const taken = this.#request.port.write(this.#pending);
      if (taken === 'would-block') {
        this.#waiting = true;
        this.#request.port.onWritable(() => {
          this.#waiting = false;
          this.#flush();
        });
        return;
      }
      this.#pending = taken === 'broken' ? new Uint8Array(0) : this.#pending.subarray(taken);
    }
    for (const callback of this.#drained.splice(0)) callback();
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#paint();
  }
}
