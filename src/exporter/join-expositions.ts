import { bytesOfText, textOfBytes } from '../monitor/byte-text.ts';
import {
  sampleNames,
  type Exposition,
  type ExpositionFamily,
  type ExpositionSample,
  type ExpositionType,
} from './exposition.ts';

/** Names that begin so are those of the exporter itself. */
export const OWN_PREFIX = 'stap_exporter_';

/** What one script says. */
export interface ScriptExposition {
  /** Value of the label `script`; not a byte string. */
  readonly script: string;
  readonly exposition: Exposition;
}

/** The texts of all scripts as one. */
export interface JoinedExposition {
  /** For Prometheus, text format 0.0.4; not a byte string. */
  readonly text: string;
  /** Names of families that are not in it, by script: an earlier script uses the name for something else. */
  readonly conflicts: ReadonlyMap<string, readonly string[]>;
}

interface JoinedFamily {
  readonly name: string;
  type: ExpositionType;
  help: string | undefined;
  readonly firstScript: string;
  readonly lines: string[];
}

/**
 * Joins what the scripts say, in their order: every sample gets the label `script` (its own one of that name becomes
 * `exported_script`), every family appears once. A family of another type than that of an earlier script is left out.
 */
export function joinExpositions(scripts: readonly ScriptExposition[]): JoinedExposition {
  const families = new Map<string, JoinedFamily>();
  const owners = new Map<string, JoinedFamily>();
  const conflicts = new Map<string, string[]>();
  for (const { script, exposition } of scripts) {
    for (const family of exposition.families) {
      const joined = placeFor(family, script, families, owners);
      if (joined === undefined) {
        const names = conflicts.get(script) ?? [];
        names.push(family.name);
        conflicts.set(script, names);
        continue;
      }
      for (const sample of family.samples) joined.lines.push(sampleLine(sample, script));
    }
  }
  return { text: [...families.values()].map(familyText).join(''), conflicts };
}

/** Where the samples of the family go; undefined when there is no place for them. */
function placeFor(
  { name, type, help }: ExpositionFamily,
  script: string,
  families: Map<string, JoinedFamily>,
  owners: Map<string, JoinedFamily>,
): JoinedFamily | undefined {
  if (name.startsWith(OWN_PREFIX)) return undefined;
  const known = families.get(name);
  if (known !== undefined) {
    if (!goTogether(known.type, type)) return undefined;
    known.help ??= help;
    return known;
  }
  const names = [name, ...sampleNames(name, type)];
  if (names.some((one) => owners.has(one))) return undefined;
  const made: JoinedFamily = { name, type, help, firstScript: script, lines: [] };
  families.set(name, made);
  for (const one of names) owners.set(one, made);
  return made;
}

/** Without a type a number may be a counter or a gauge. */
function goTogether(one: ExpositionType, other: ExpositionType): boolean {
  const isSimple = (type: ExpositionType): boolean => type !== 'histogram' && type !== 'summary';
  return one === other || (isSimple(one) && isSimple(other) && (one === 'untyped' || other === 'untyped'));
}

function familyText({ name, type, help, firstScript, lines }: JoinedFamily): string {
  const about = help === undefined ? `Without description in ${firstScript}.` : readable(help);
  return `# HELP ${name} ${escapedHelp(about)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function sampleLine({ name, labels, value, timestamp }: ExpositionSample, script: string): string {
  const taken = new Set(labels.map(([label]) => label));
  const own = labels.map(
    ([label, text]) => [label === 'script' ? exportedName(taken) : label, text] as const,
  );
  const time = timestamp === undefined ? '' : ` ${timestamp}`;
  return `${name}{${[['script', bytesOfText(script)] as const, ...own].map(labelPair).join(',')}} ${value}${time}\n`;
}

function exportedName(taken: ReadonlySet<string>): string {
  let name = 'exported_script';
  while (taken.has(name)) name = `exported_${name}`;
  return name;
}

/** `NAME="VALUE"` for the text format; the value is a byte string. */
export function labelPair([name, value]: readonly [name: string, value: string]): string {
  const escaped = readable(value).replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
  return `${name}="${escaped}"`;
}

function escapedHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** Prometheus takes a zero byte for the end of the text. */
function readable(bytes: string): string {
  return textOfBytes(bytes).replaceAll('\0', '\ufffd');
}
