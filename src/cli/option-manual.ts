import { shownUsage, type DocumentedOption } from './option-spelling.ts';
import { stapOptions, type OptionEntry, type OptionId } from './option-table.ts';

/** What the manual adds to the help text of an option, in the language of man(7). */
const DETAILS: Partial<Record<OptionId, readonly string[]>> = {
  pass: [
    'With 3 the translated script is printed, and below it, as comments, the eBPF instructions of what runs in the kernel.',
    'With 4 it is written to the file MODULE.stapmod in the working directory, for',
    '.BR staprun (8).',
  ],
  'buffer-size': [
    '1 to 4095; otherwise 16 for a module without a reader. When they are full, a script with a reader waits; without one its oldest output goes.',
    'Also the room for events of the kernel that wait for their handlers, 8 otherwise.',
  ],
  example: [
    'It is looked for below the directory',
    '.I examples',
    'of this program, with its full name: NAME.stp.',
  ],
  define: ['See', '.I LIMITS', 'below. Without a value it is 1.'],
  global: ['A number, or a word.'],
  'module-name': ['Also writes the compiled script to MODULE.stapmod in the working directory.'],
  procfs: ['The default is auto. See', '.I FILES OF A SCRIPT', 'below.'],
  'procfs-group': ['By name or number. See', '.I FILES OF A SCRIPT', 'below.'],
  output: ['The file is emptied. SIGUSR2 goes on in FILE.1, FILE.2 and so on.'],
  command: [
    'The status of',
    '.B stap',
    'is 1 when the command fails. Its process number is',
    '.BR target() .',
  ],
  'flight-recorder': ['See', '.I THE LIFE OF A MODULE', 'below.'],
  rotate: ['Needs', '.BR \\-o .', 'The files are FILE.0, FILE.1 and so on.'],
  'clean-cache': [
    'The limit is the first line of ~/.systemtap/cache/cache_mb_limit, 256 unless it says otherwise.',
  ],
  monitor: ['See', '.I MONITOR', 'below.'],
  metrics: ['See', '.I METRICS AND DASHBOARD', 'below.'],
  dashboard: ['See', '.I METRICS AND DASHBOARD', 'below.'],
  otlp: ['See', '.I METRICS AND DASHBOARD', 'below.'],
  'token-file': [
    'Only its owner may be able to read it. When it does not exist it is made, with a random token.',
  ],
};

const BEGIN = '.\\" made from the table of options: npm run docs\n';
const END = '.\\" end of the options\n';

/** The options of stap(1) for the manual, in the language of man(7), made from the option table. */
function optionManual(): string {
  const entries = stapOptions();
  const lines = [...optionParagraphs(entries, DETAILS)];
  lines.push(
    '.SS Without effect',
    'Accepted, so that command lines of SystemTap work; a warning says why nothing comes of them.',
  );
  lines.push(...byReason(entries, 'accepted'));
  lines.push('.SS Refused', ...byReason(entries, 'refused'));
  return `${lines.join('\n')}\n`;
}

/** The text of man/stap.1 with the options of today between its two marks. @throws {Error} when a mark is missing */
export function withOptionManual(page: string): string {
  return withMarkedPart(page, optionManual());
}

/**
 * A manual page with `part` between its two marks.
 * @throws {Error} when a mark is missing
 */
export function withMarkedPart(page: string, part: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error('the page has lost a mark');
  return `${before}${BEGIN}${part}${END}${after}`;
}

/**
 * What options do, in the language of man(7): their help as a sentence, then the lines that `details` has for their id.
 * Options without help are left out.
 */
export function optionParagraphs(
  options: readonly DocumentedOption[],
  details: Readonly<Partial<Record<string, readonly string[]>>>,
): readonly string[] {
  return options
    .filter(({ help }) => help.length > 0)
    .flatMap(({ id, usage, help }) => {
      const text = help.join(' ');
      const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
      return ['.TP', spelling(usage), startOfLine(escape(sentence)), ...(details[id] ?? [])];
    });
}

/** Options with the same reason are told together. */
function byReason(entries: readonly OptionEntry[], kind: 'accepted' | 'refused'): readonly string[] {
  const spellings = new Map<string, string[]>();
  for (const { usage, support } of entries) {
    if (support.kind !== kind) continue;
    spellings.set(support.reason, [...(spellings.get(support.reason) ?? []), usage]);
  }
  return [...spellings].flatMap(([reason, usages]) => [
    '.TP',
    usages.map(spelling).join(', '),
    startOfLine(escape(`${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`)),
  ]);
}

/** Names are bold, the argument is not: `-m MODULE`, `--color, --colour[=WHEN]`. */
function spelling(usage: string): string {
  const joined = shownUsage(usage).replaceAll(' -', ', -');
  const [, names = joined, argument = ''] = /^(.*?)( (?!-)\S+|\[=\S+)?$/.exec(joined) ?? [];
  const bold = names.split(', ').map((name) => `\\fB${escape(name)}\\fP`);
  return bold.join(', ') + escape(argument).replace(/[A-Z]+/g, '\\fI$&\\fP');
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
}

function startOfLine(text: string): string {
  return text.replace(/^(?=[.'])/, '\\&');
}
