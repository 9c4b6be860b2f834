import type { KernelProbes } from './kernel-event.ts';

/** What a finished run tells about itself. */
export interface RunFacts {
  /** Uncaught run-time errors, also those not reported. */
  readonly errorCount: number;
  /** An `ERROR:` message was given: the run counts as failed. */
  readonly errorReported: boolean;
  /** Bytes of output that nobody took, because nobody reads it any more; final after `stop`. */
  readonly lostBytes: number;
  /** Warnings given so far, whether they are shown or not. */
  readonly warningCount: number;
  /** Bytes that handlers have printed. */
  readonly outputBytes: number;
  /** Events in the kernel for which no handler ran. */
  readonly skipped: KernelProbes['skipped'];
}
