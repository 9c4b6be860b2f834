import type { Aspect } from './comparable.ts';

/** Where our answer differs from SystemTap 4.8's on purpose. docs/differences-from-systemtap.md explains each. */
export interface AllowedDifference {
  /** `FILE: NAME` of the case. */
  readonly name: string;
  readonly aspects: readonly Aspect[];
  readonly reason: string;
}

export const allowedDifferences: readonly AllowedDifference[] = [];
