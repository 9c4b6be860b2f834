/** One conformance record; see README.md in this folder for the format. */
export interface ConformanceRecord {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly program: string | undefined;
  readonly options: string;
  readonly scriptArguments: string;
  readonly command: string | undefined;
  readonly files: ReadonlyMap<string, string>;
  readonly stdin: string;
  readonly stdout: Expectation;
  readonly stderr: Expectation;
  readonly status: number;
}

export type Expectation =
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'regex'; readonly pattern: RegExp }
  | { readonly kind: 'has'; readonly lines: readonly string[] }
  | { readonly kind: 'any' };

interface Section {
  readonly keyword: string;
  /** What stood on the keyword's line; for FILE the name. */
  readonly head: string;
  readonly text: string;
  readonly line: number;
}

const KEYWORDS = new Set([
  'NAME',
  'PROG',
  'OPTIONS',
  'ARGUMENTS',
  'COMMAND',
  'FILE',
  'STDIN',
  'EXPECT',
  'EXPECT_REGEX',
  'STDERR',
  'STDERR_HAS',
  'STDERR_ANY',
  'STATUS',
  'BYTES',
]);
const WITHOUT_TEXT = new Set(['STDERR_ANY', 'BYTES']);

/** Records of one file. Throws an Error naming file and line when the file is malformed. */
export function parseRecords(file: string, text: string): ConformanceRecord[] {
  const groups: Section[][] = [];
  for (const section of sectionsOf(file, text)) {
    if (section.keyword === 'NAME') groups.push([section]);
    else {
      const group = groups[groups.length - 1];
      if (group === undefined) throw new Error(`${file}:${section.line}: ${section.keyword} before NAME`);
      group.push(section);
    }
  }
  const records = groups.map((group) => recordOf(file, group));
  const seen = new Set<string>();
  for (const { name, line } of records) {
    if (seen.has(name)) throw new Error(`${file}:${line}: second record named '${name}'`);
    seen.add(name);
  }
  return records;
}

function* sectionsOf(file: string, text: string): Generator<Section> {
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const keyword = line.split(' ', 1)[0] ?? '';
    if (!KEYWORDS.has(keyword)) throw new Error(`${file}:${index + 1}: unknown keyword '${keyword}'`);
    const head = line.slice(keyword.length + 1);
    const start = index + 1;
    if (keyword !== 'FILE' && (head !== '' || WITHOUT_TEXT.has(keyword))) {
      yield { keyword, head, text: `${head}\n`, line: start };
      continue;
    }
    const body: string[] = [];
    for (index++; lines[index] !== 'END'; index++) {
      const next = lines[index];
      if (next === undefined) throw new Error(`${file}:${start}: ${keyword} without END`);
      body.push(next);
    }
    yield { keyword, head, text: body.map((part) => `${part}\n`).join(''), line: start };
  }
}

function recordOf(file: string, sections: readonly Section[]): ConformanceRecord {
  const bytes = sections.some(({ keyword }) => keyword === 'BYTES');
  const find = (keyword: string): string | undefined => {
    const section = sections.find((candidate) => candidate.keyword === keyword);
    return section === undefined ? undefined : bytes ? decodeBytes(section.text) : section.text;
  };
  const line = sections[0]?.line ?? 0;
  const program = find('PROG');
  const command = find('COMMAND');
  if ((program === undefined) === (command === undefined))
    throw new Error(`${file}:${line}: exactly one of PROG and COMMAND is needed`);
  return {
    file,
    line,
    name: sections[0]?.head ?? '',
    program: program?.replace(/\n$/, ''),
    options: (find('OPTIONS') ?? '').trim(),
    scriptArguments: (find('ARGUMENTS') ?? '').trim(),
    command: command?.trim(),
    files: new Map(
      sections.filter(({ keyword }) => keyword === 'FILE').map(({ head, text }) => [head, text]),
    ),
    stdin: find('STDIN') ?? '',
    stdout: expectation(find('EXPECT'), find('EXPECT_REGEX'), undefined, false),
    stderr: expectation(
      find('STDERR'),
      undefined,
      find('STDERR_HAS'),
      sections.some(({ keyword }) => keyword === 'STDERR_ANY'),
    ),
    status: Number((find('STATUS') ?? '0').trim()),
  };
}

function expectation(
  exact: string | undefined,
  regex: string | undefined,
  has: string | undefined,
  any: boolean,
): Expectation {
  if (any) return { kind: 'any' };
  if (regex !== undefined)
    return { kind: 'regex', pattern: new RegExp(`^(?:${regex.replace(/\n$/, '')})$`, 's') };
  if (has !== undefined) return { kind: 'has', lines: has.split('\n').filter((line) => line !== '') };
  return { kind: 'exact', text: exact ?? '' };
}

function decodeBytes(text: string): string {
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_whole, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
