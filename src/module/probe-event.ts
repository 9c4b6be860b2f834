import type { Int64 } from '../int64/int64.ts';

/**
 * What makes a derived probe fire, decided at compile time. Plain data: it is written into compiled modules
 * and read by the run time, one variant per family.
 */
export type ProbeEvent =
  | { readonly family: 'begin' | 'end' | 'error'; readonly priority: Int64 }
  | { readonly family: 'never' }
  | {
      readonly family: 'timer';
      /** `hrtimer` for s…hz, `timer` for jiffies (what probe_type() answers). */
      readonly clock: 'hrtimer' | 'jiffies';
      readonly intervalNs: number;
      /** Next interval is uniformly intervalNs ± randomizeNs; 0 when not asked for. */
      readonly randomizeNs: number;
    }
  | { readonly family: 'profile'; readonly hz?: number }
  | {
      readonly family: 'procfs';
      readonly access: 'read' | 'write';
      /** Relative path of the file, `command` when none was given. */
      readonly path: string;
      /** As given in `.umask(N)`. */
      readonly umask?: Int64;
      /** As given in `.maxsize(N)`. */
      readonly maxSize?: Int64;
    };
