/** What a family of samples is said to be; `untyped` when nothing is said. */
export type ExpositionType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

/** One line with a number. Strings are byte strings. */
export interface ExpositionSample {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** As it was written: an integer of 64 bits keeps its digits. */
  readonly value: string;
  /** Milliseconds since 1970, as written. */
  readonly timestamp: string | undefined;
}

/** Samples that belong together, in the order of the text. */
export interface ExpositionFamily {
  readonly name: string;
  readonly type: ExpositionType;
  readonly help: string | undefined;
  readonly samples: readonly ExpositionSample[];
}

/** What a text says. */
export interface Exposition {
  readonly families: readonly ExpositionFamily[];
  /** Lines that say nothing that can be understood, or say again what was said before. */
  readonly linesLeftOut: number;
}

/** Names that the samples of a family can have. */
export function sampleNames(family: string, type: ExpositionType): readonly string[] {
  switch (type) {
    case 'histogram':
      return [`${family}_bucket`, `${family}_sum`, `${family}_count`];
    case 'summary':
      return [family, `${family}_sum`, `${family}_count`];
    case 'counter':
    case 'gauge':
    case 'untyped':
      return [family];
  }
}
