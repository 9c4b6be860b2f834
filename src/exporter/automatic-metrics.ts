import { metricFamilies } from '../metrics/module-metrics.ts';
import { metricsText } from '../metrics/metrics-text.ts';
import { warnOnceOfDropped } from '../metrics/series-limit.ts';
import { bytesOfText } from '../monitor/byte-text.ts';
import { observeModule } from '../observe/observed-module.ts';
import { findModule } from '../registry/module-list.ts';
import type { Exposition, ExpositionSample } from './exposition.ts';
import { parseExposition } from './parse-exposition.ts';

/** The metrics of a module that publishes no text; undefined when it cannot be asked. */
export type AutomaticMetrics = (moduleName: string) => Promise<Exposition | undefined>;

/**
 * Makes metrics of the globals of modules below these roots, as `stap --metrics` does. `warn` hears what is left out of
 * them because it is too much.
 */
export function automaticMetrics(roots: readonly string[], warn: (text: string) => void): AutomaticMetrics {
  const onDropped = warnOnceOfDropped(warn);
  return async (moduleName) => {
    const module = findModule(roots, moduleName);
    if (module === undefined) return undefined;
    const observer = observeModule(module);
    try {
      const families = metricFamilies(await observer.describe(0), { onDropped });
      const { text } = await metricsText(families, undefined);
      return withoutScript(parseExposition(bytesOfText(text)));
    } catch {
      // It ends, or belongs to somebody else.
      return undefined;
    } finally {
      observer.close();
    }
  };
}

/** The label `script` comes with joining, and is the name that the exporter knows the script by. */
function withoutScript({ families, linesLeftOut }: Exposition): Exposition {
  const changed = (sample: ExpositionSample): ExpositionSample => ({
    ...sample,
    labels: sample.labels.filter(([name]) => name !== 'script'),
  });
  return {
    families: families.map((family) => ({ ...family, samples: family.samples.map(changed) })),
    linesLeftOut,
  };
}
