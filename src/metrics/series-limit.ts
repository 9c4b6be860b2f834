import { labelText } from './label-text.ts';

/** What was not shown of a family, because there are limits. */
export interface DroppedSeries {
  readonly script: string;
  /** Name of the family. */
  readonly metric: string;
  /** UTF-8: `global hits`, `probes`, `files`. */
  readonly what: string;
  readonly shown: number;
  readonly size: number;
}

/** Limits of what a module can make others store. */
export interface SeriesLimits {
  /** Elements of one array that become series, and probes and files; default 1000. */
  readonly maxSeries?: number;
  /** Elements of one array with histograms, each some fifty series; default 100. */
  readonly maxHistograms?: number;
  /** Told each time something is left out. */
  readonly onDropped?: (dropped: DroppedSeries) => void;
}

/** Elements of one array that become series, and probes and files, unless the caller says otherwise. */
export const DEFAULT_MAX_SERIES = 1000;
/** Of an array with histograms, each some fifty series. */
export const DEFAULT_MAX_HISTOGRAMS = 100;

/** For `onDropped`: says it once for each family of a script, as a sentence without prefix. */
export function warnOnceOfDropped(warn: (text: string) => void): (dropped: DroppedSeries) => void {
  const told = new Set<string>();
  return ({ script, metric, what, shown, size }) => {
    const key = `${script}\0${metric}`;
    if (told.has(key)) return;
    told.add(key);
    warn(
      `${what} of ${labelText(script)}: ${size} elements are too many for metrics, ${shown} of them are shown as ${metric}; stap_module_series_dropped tells how many are not`,
    );
  };
}
