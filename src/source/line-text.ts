import type { SourceFile } from './source-file.ts';

/** The text of a line without its newline; empty when there is no such line. `line` is 1-based. */
export function lineText(file: SourceFile, line: number): string {
  let start = 0;
  for (let current = 1; current < line; current++) {
    const newline = file.text.indexOf('\n', start);
    if (newline === -1) return '';
    start = newline + 1;
  }
  const end = file.text.indexOf('\n', start);
  return file.text.slice(start, end === -1 ? file.text.length : end);
}
