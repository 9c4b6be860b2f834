import type { AutomaticMetrics } from './joined-metrics.ts';

/** Metrics of modules that publish no text of their own. */
export function automaticMetrics(): AutomaticMetrics {
  return () => Promise.resolve(undefined);
}
