import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScriptFile } from '../../src/ast/declaration.ts';
import { printScript } from '../../src/ast/print-script.ts';
import { parseMacroFile } from '../../src/parse/parse-script.ts';
import { parseOptions } from '../../src/parse/parse-options.ts';
import { parseCorrect, parseText } from '../../src/parse/testing/parse-text.ts';

const ROOT = join(import.meta.dirname, '../..');

function scriptsBelow(folder: string, ending = '.stp'): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name));
}

const libraryMacros = new Map(
  scriptsBelow('tapset', '.stpm').flatMap((path) => {
    const source = { name: path, text: readFileSync(path, 'latin1'), origin: 'library' } as const;
    return [...parseMacroFile(source, parseOptions({ privileged: true }), { report: () => undefined })];
  }),
);
const OPTIONS = { guru: true, privileged: true, libraryMacros } as const;

/** A tree without what printing changes: places, spelling, lone semicolons, braces around one block. */
function essence(node: unknown): unknown {
  if (typeof node === 'bigint') return `${node}n`;
  if (Array.isArray(node)) return node.filter((item) => kindOf(item) !== 'null').map(essence);
  if (typeof node !== 'object' || node === null) return node;
  const folded = negativeNumber(node);
  if (folded !== undefined) return folded;
  const statements: readonly unknown[] =
    'statements' in node && Array.isArray(node.statements) ? node.statements : [];
  const [only, ...others] = statements.filter((statement) => kindOf(statement) !== 'null');
  if (kindOf(only) === 'block' && others.length === 0) return essence(only);
  const kept = Object.entries(node).filter(([key]) => !/^(token|raw|source|keyword)$/.test(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, essence(value)]));
}

/** A negative number, which is one token or a minus sign and a number. */
function negativeNumber(node: object): string | undefined {
  if ('value' in node && kindOf(node) === 'number') return `number ${String(node.value)}`;
  if (!('operator' in node && 'operand' in node) || node.operator !== '-') return undefined;
  const operand = essence(node.operand);
  const match = typeof operand === 'string' ? /^number (-?\d+)$/.exec(operand) : null;
  return match === null ? undefined : `number ${BigInt.asIntN(64, -BigInt(match[1] ?? 0))}`;
}

function kindOf(node: unknown): unknown {
  return typeof node === 'object' && node !== null && 'kind' in node ? node.kind : undefined;
}

const parsed = [...scriptsBelow('tapset'), ...scriptsBelow('tests')].flatMap((path) => {
  const { file } = parseText(readFileSync(path, 'latin1'), OPTIONS);
  // Some scripts of the tests are wrong on purpose.
  return file === undefined ? [] : [[relative(ROOT, path), file] as const];
});

describe('a script, printed and parsed again, is the same script', () => {
  it.each(parsed)('%s', (_path: string, file: ScriptFile) => {
    const printed = printScript(file, 'complete');
    const again = parseCorrect(printed, { guru: true, privileged: true });
    expect(essence(again)).toEqual(essence(file));
  });
  it('holds for the whole library', () => {
    const library = parsed.filter(([path]) => path.startsWith('tapset/'));
    expect(library).toHaveLength(scriptsBelow('tapset').length);
    expect(parsed.length - library.length).toBeGreaterThan(30);
  });
});
