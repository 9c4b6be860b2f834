import type { RuntimeMessage } from './engine-ports.ts';
import type { EngineState } from './engine-state.ts';
import type { ScriptError } from './handler-context.ts';
import { handlerErrorText } from './handler-error.ts';
import type { KernelProbes } from './kernel-event.ts';

/** Different warnings kept to recognise repeats; when there are more, all are forgotten. */
const REMEMBERED_WARNINGS_MAX = 1024;

/** How an engine reports. */
export interface ReportRules {
  /** Takes each message, whole and in order. */
  readonly send: (message: RuntimeMessage) => void;
  /** `--suppress-handler-errors`: uncaught errors are counted only. */
  readonly suppressHandlerErrors: boolean;
  readonly maxErrors: number;
  readonly maxSkipped: number;
  /** Bytes of a report with its terminator, as of every string of the script. */
  readonly maxStringLength: number;
}

/** What an engine tells its user, and what that says about the run. Identical warnings are given once. */
export class EngineMessages {
  readonly #rules: ReportRules;
  readonly #warned = new Set<string>();
  #errorCount = 0;
  #errorReported = false;
  #warningCount = 0;

  constructor(rules: ReportRules) {
    this.#rules = rules;
  }

  /** Uncaught run-time errors, also those not reported. */
  get errorCount(): number {
    return this.#errorCount;
  }

  /** An `ERROR:` message was given. */
  get errorReported(): boolean {
    return this.#errorReported;
  }

  /** Warnings given, also those that are not shown. */
  get warningCount(): number {
    return this.#warningCount;
  }

  error(text: string): void {
    this.#errorReported = true;
    this.#rules.send({ kind: 'error', text });
  }

  /** A warning of the engine itself, given each time. */
  warn(text: string): void {
    this.#warningCount += 1;
    this.#rules.send({ kind: 'warning', text });
  }

  /** A warning of the script: given the first time, as long as there are not too many different ones to remember. */
  warnOnce(text: string): void {
    const line = text.endsWith('\n') ? text.slice(0, -1) : text;
    if (this.#warned.has(line)) return;
    if (this.#warned.size >= REMEMBERED_WARNINGS_MAX) this.#warned.clear();
    this.#warned.add(line);
    this.warn(line);
  }

  /** Counts and reports an uncaught error of a handler. True: there have been more than MAXERRORS now. */
  handlerFailed(error: ScriptError, probePoint: string): boolean {
    const { suppressHandlerErrors, maxErrors, maxStringLength } = this.#rules;
    this.#errorCount += 1;
    if (suppressHandlerErrors) return false;
    this.error(handlerErrorText(error, probePoint, maxStringLength));
    return this.#errorCount > maxErrors;
  }

  /** Whether more handlers were skipped than MAXSKIPPED allows, which is reported. */
  tooManySkipped(skippedCount: number): boolean {
    const { suppressHandlerErrors, maxSkipped } = this.#rules;
    if (suppressHandlerErrors || skippedCount <= maxSkipped) return false;
    this.error('Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.');
    return true;
  }

  /** The last words of a run with uncaught errors or skipped handlers. */
  summarize({ lostRecords, nested }: KernelProbes['skipped'], inDetail: boolean): void {
    if (this.#errorCount + lostRecords + nested === 0) return;
    this.warn(`Number of errors: ${this.#errorCount}, skipped probes: ${lostRecords}`);
    if (inDetail && nested > 0) this.warn(`Skipped due to reentrancy: ${nested}`);
  }

  /** What was counted and said so far, for `restore`. */
  state(): Pick<EngineState, 'errorCount' | 'errorReported' | 'warningCount' | 'warned'> {
    return {
      errorCount: this.#errorCount,
      errorReported: this.#errorReported,
      warningCount: this.#warningCount,
      warned: [...this.#warned],
    };
  }

  /** Goes on from what another engine counted and said. */
  restore({ errorCount, errorReported, warningCount, warned }: ReturnType<EngineMessages['state']>): void {
    this.#errorCount = errorCount;
    this.#errorReported = errorReported;
    this.#warningCount = warningCount;
    for (const line of warned) this.#warned.add(line);
  }
}
