import type { Limits } from '../module/limits.ts';

/** What decides the code besides the program. */
export interface TranslateOptions {
  readonly limits: Limits;
  /** `--suppress-time-limits`: count no actions. */
  readonly suppressTimeLimits: boolean;
  /** `-u`: count every action where it happens. */
  readonly unoptimized: boolean;
}
