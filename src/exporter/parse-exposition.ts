import {
  sampleNames,
  type Exposition,
  type ExpositionSample,
  type ExpositionFamily,
  type ExpositionType,
} from './exposition.ts';
import { parseSample } from './parse-sample.ts';

/** Longer lines are left out. */
export const MAX_LINE_BYTES = 64 << 10;
/** What comes after so many samples is left out: each is more when it is joined with others. */
export const MAX_SAMPLES = 50_000;

interface OpenFamily {
  readonly name: string;
  type: ExpositionType;
  hasType: boolean;
  help: string | undefined;
  readonly samples: ExpositionSample[];
}

const TYPES: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const COMMENT = /^#[ \t]+(HELP|TYPE)[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)(?:[ \t]+(.*))?$/;

/**
 * Reads a text for Prometheus ("Exposition formats", text format 0.0.4), a byte string. A line that cannot be understood,
 * that comes twice, that contradicts an earlier one or that is too long is left out and counted; it takes nothing else with
 * it.
 */
export function parseExposition(text: string): Exposition {
  const reader = new ExpositionReader();
  for (const line of text.split('\n')) reader.read(line);
  return reader.result();
}

class ExpositionReader {
  private readonly families = new Map<string, OpenFamily>();
  /** By the name of a sample: the family that has said it is its own. */
  private readonly owners = new Map<string, OpenFamily>();
  private readonly seen = new Set<string>();
  private linesLeftOut = 0;

  read(line: string): void {
    if (line.length > MAX_LINE_BYTES || !this.understands(line.trim())) this.linesLeftOut += 1;
  }

  result(): Exposition {
    const families: ExpositionFamily[] = [];
    for (const { name, type, help, samples } of this.families.values())
      if (samples.length > 0) families.push({ name, type, help, samples });
    return { families, linesLeftOut: this.linesLeftOut };
  }

  private understands(line: string): boolean {
    if (line === '') return true;
    return line.startsWith('#') ? this.readComment(line) : this.readSample(line);
  }

  private readComment(line: string): boolean {
    const [, word, name, rest = ''] = COMMENT.exec(line) ?? [];
    if (name === undefined) return !/^#[ \t]+(HELP|TYPE)\b/.test(line);
    return word === 'HELP' ? this.readHelp(name, rest) : this.readType(name, rest);
  }

  private readHelp(name: string, text: string): boolean {
    const family = this.familyNamed(name);
    if (family?.help !== undefined || family === undefined) return false;
    family.help = text.replace(/\\([\\n])/g, (_all, letter: string) => (letter === 'n' ? '\n' : '\\'));
    return true;
  }

  private readType(name: string, type: string): boolean {
    if (!isType(type)) return false;
    const family = this.familyNamed(name);
    if (family === undefined || family.hasType || family.samples.length > 0) return false;
    const names = sampleNames(name, type);
    // Samples that came before, or another family, have the name already.
    if (names.some((one) => (this.owners.get(one) ?? family) !== family)) return false;
    this.owners.delete(name);
    for (const one of names) this.owners.set(one, family);
    family.type = type;
    family.hasType = true;
    return true;
  }

  private readSample(line: string): boolean {
    const sample = parseSample(line);
    if (sample === undefined) return false;
    const family = this.owners.get(sample.name) ?? this.familyNamed(sample.name);
    if (family === undefined || !fits(sample, family)) return false;
    const key = sampleKey(sample);
    if (this.seen.has(key) || this.seen.size >= MAX_SAMPLES) return false;
    this.seen.add(key);
    family.samples.push(sample);
    return true;
  }

  /** Undefined when the name is one of another family's samples, or its own samples have other names. */
  private familyNamed(name: string): OpenFamily | undefined {
    const owner = this.owners.get(name);
    const known = this.families.get(name);
    if (owner !== undefined && owner.name !== name) return undefined;
    if (known !== undefined) return known;
    const made: OpenFamily = { name, type: 'untyped', hasType: false, help: undefined, samples: [] };
    this.families.set(name, made);
    this.owners.set(name, made);
    return made;
  }
}

function isType(text: string): text is ExpositionType {
  return TYPES.includes(text);
}

function fits({ name, labels }: ExpositionSample, { name: family, type }: OpenFamily): boolean {
  const has = (label: string): boolean => labels.some(([one, value]) => one === label && isNumber(value));
  if (type === 'histogram') return name === `${family}_bucket` ? has('le') : name !== family;
  return type === 'summary' && name === family ? has('quantile') : true;
}

function isNumber(text: string): boolean {
  return /^[+-]?(Inf|\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)$/.test(text);
}

function sampleKey({ name, labels }: ExpositionSample): string {
  const sorted = labels.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([name, ...sorted]);
}
