/** What a file's text looks like. */
export type FileView =
  /** One number, or lines of a name and a number. */
  | { readonly kind: 'plot'; readonly values: ReadonlyMap<string, number> }
  | { readonly kind: 'table'; readonly table: TextTable }
  | { readonly kind: 'text' };

/** Lines of the same columns. */
export interface TextTable {
  /** Empty: the first line is data as well. */
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Name of the series of a file that is one number. */
export const ONLY_VALUE = 'value';
/** A plot of more lines cannot be read. */
export const MAX_PLOT_SERIES = 12;
/** Beyond this many characters only text is tried. */
const MAX_EXAMINED_LENGTH = 1 << 20;

const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;
/** A name and a number, as `name 5`, `name: 5`, `name = 5` or `name{label="x y"} 5`. */
const NAMED_NUMBER = /^([^\s:={}]+(?:\{.*\})?)\s*[\s:=]\s*(\S+)$/;

/** The number that a text is, undefined for others. Numbers beyond 2^53 are rounded. */
export function numberOf(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

/** Numbers with their names, undefined where there is something else in the text. */
export function namedNumbersIn(text: string): ReadonlyMap<string, number> | undefined {
  const only = numberOf(text.trim());
  if (only !== undefined) return new Map([[ONLY_VALUE, only]]);
  const values = new Map<string, number>();
  for (const line of dataLines(text)) {
    const [, name, value] = NAMED_NUMBER.exec(line) ?? [];
    const number = numberOf(value ?? '');
    if (name === undefined || number === undefined || numberOf(name) !== undefined) return undefined;
    values.set(name, number);
  }
  return values.size === 0 ? undefined : values;
}

/** The columns of a text, undefined where lines have none in common. */
export function tableIn(text: string): TextTable | undefined {
  const lines = dataLines(text);
  for (const separator of ['\t', '|', ';', ',']) {
    const cells = lines.map((line) => line.split(separator).map((cell) => cell.trim()));
    const width = cells[0]?.length ?? 0;
    if (width > 1 && cells.length > 1 && cells.every((row) => row.length === width)) return withHeader(cells);
  }
  return tableOfWords(lines);
}

/** What the text of a file is best shown as. */
export function fileViewOf(text: string): FileView {
  if (text.length > MAX_EXAMINED_LENGTH) return { kind: 'text' };
  const values = namedNumbersIn(text);
  if (values !== undefined && values.size <= MAX_PLOT_SERIES) return { kind: 'plot', values };
  const table = tableIn(text);
  return table === undefined ? { kind: 'text' } : { kind: 'table', table };
}

/** Lines with something on them; comments, as Prometheus' `# HELP`, are none. */
function dataLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Columns made by blanks. Prose has words as well, so a column of numbers is asked for; the last one may have blanks. */
function tableOfWords(lines: readonly string[]): TextTable | undefined {
  const cells = lines.map((line) => line.split(/\s+/));
  const width = cells[0]?.length ?? 0;
  if (width < 2 || cells.length < 2 || cells.some((row) => row.length < width)) return undefined;
  const isEven = cells.every((row) => row.length === width);
  const even = cells.map((row) => [...row.slice(0, width - 1), row.slice(width - 1).join(' ')]);
  const table = withHeader(even);
  const hasNumbers = table.rows[0]?.some((_, column) => isNumeric(table.rows, column)) ?? false;
  return hasNumbers && (isEven || table.header.length > 0) ? table : undefined;
}

function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  return rows.every((row) => numberOf(row[column] ?? '') !== undefined);
}

/** The first line is a header when it has no number and a column below it has nothing else. */
function withHeader(cells: readonly (readonly string[])[]): TextTable {
  const [first = [], ...rest] = cells;
  const isHeader =
    first.every((cell) => numberOf(cell) === undefined) && first.some((_, column) => isNumeric(rest, column));
  return isHeader ? { header: first, rows: rest } : { header: [], rows: cells };
}
