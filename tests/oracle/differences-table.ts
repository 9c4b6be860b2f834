import { readFileSync, writeFileSync } from 'node:fs';
import { allowedDifferences } from './allowed-differences.ts';

const START =
  '<!-- made from tests/oracle/allowed-differences.ts: node scripts/run-ts.mjs tests/oracle/run.ts --table -->';
const END = '<!-- end of the table -->';

/** Does the table in a Markdown file show exactly the differences that are allowed? With `write` it is made so. */
export function checkDifferencesTable(path: string, write: boolean): boolean {
  const text = readFileSync(path, 'utf8');
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) return false;
  const wanted = `${text.slice(0, start)}${START}\n\n${table()}\n${text.slice(end)}`;
  if (write) writeFileSync(path, wanted);
  return write || wanted === text;
}

/** One row for each reason. */
function table(): string {
  const cases = new Map<string, string[]>();
  for (const { name, reason } of allowedDifferences) cases.set(reason, [...(cases.get(reason) ?? []), name]);
  const rows = [...cases].map(([reason, names]) => `| ${reason} | ${names.join('<br>')} |`);
  return ['| reason | scripts of tests/oracle/corpus |', '| --- | --- |', ...rows, ''].join('\n');
}
