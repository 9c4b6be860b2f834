import type { Limits } from '../module/limits.ts';

/** What decides the code besides the program. */
export interface TranslateOptions {
  readonly limits: Limits;
  /** `--suppress-time-limits`: count no actions. */
  readonly suppressTimeLimits: boolean;
  /** `-u`: count every action where it happens. */
  readonly unoptimized: boolean;
  /** What of the program lives in the kernel; absent when nothing does. */
  readonly kernel?: KernelShare;
}

/** Globals and handlers as far as they have to do with the kernel half of a module. */
export interface KernelShare {
  /** Scalar longs that are cells of the kernel, by index of the global. */
  readonly cells: ReadonlySet<number>;
  /** Handlers that change what they read of globals in the kernel, by index of the probe. */
  readonly pausing: ReadonlySet<number>;
}
