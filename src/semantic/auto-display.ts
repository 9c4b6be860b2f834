import type { ProbeDeclaration, ProbePoint } from '../ast/declaration.ts';
import type { Expression } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import type { FormatPart } from '../module/format.ts';
import type { Draft } from './draft.ts';
import { programUsage } from './optimise/unused-variables.ts';
import type { DerivedProbe, ValueType, VariableSymbol } from './program.ts';
import { SyntaxBuilder } from './syntax-builder.ts';

/**
 * Adds an `end` probe for each script global that is written but never read; it prints the global by its name,
 * arrays in descending order of value. stap(1), AUTOMATIC DISPLAY of globals.
 */
export function addAutomaticDisplay(draft: Draft): void {
  const usage = programUsage(draft);
  for (const global of draft.globals) {
    if (global.token.file.origin !== 'script') continue;
    if (usage.read.has(global) || !usage.written.has(global)) continue;
    draft.probes.push(displayProbe(draft, global));
  }
}

function displayProbe(draft: Draft, global: VariableSymbol): DerivedProbe {
  const { token } = global;
  const builder = new SyntaxBuilder(token, draft.symbols);
  const point: ProbePoint = {
    components: [{ name: 'end', token }],
    optional: false,
    sufficient: false,
    token,
  };
  const { statement, locals } = displayCode(builder, global);
  const body = builder.block([statement]);
  const declaration: ProbeDeclaration = { kind: 'probe', points: [point], body, token };
  return {
    event: { family: 'end', priority: 0 },
    point,
    chain: [{ point }],
    scriptPoint: point,
    synthetic: true,
    declaration,
    token,
    locals,
    body,
    contextCallees: new Map(),
    unresolvedTargets: new Map(),
  };
}

interface DisplayCode {
  readonly statement: Statement;
  readonly locals: readonly VariableSymbol[];
}

function displayCode(builder: SyntaxBuilder, global: VariableSymbol): DisplayCode {
  const keys = global.keyTypes.map((type, index) =>
    builder.local(`__idx${index}`, type === 'string' ? 'string' : 'long'),
  );
  if (global.type === 'stats') return statisticDisplay(builder, global, keys);
  const label = labelParts(global, keys);
  if (keys.length === 0) {
    const parts = [...label, text('='), ...valueParts(global.type, ''), text('\n')];
    return { statement: builder.printf(parts, [builder.variable(global)]), locals: [] };
  }
  const value = builder.local('__val', global.type === 'string' ? 'string' : 'long');
  const parts = [...label, text('='), ...valueParts(global.type, ''), text('\n')];
  const print = builder.printf(
    parts,
    [...keys, value].map((symbol) => builder.variable(symbol)),
  );
  return { statement: loop(builder, global, keys, value, print), locals: [...keys, value] };
}

function statisticDisplay(
  builder: SyntaxBuilder,
  global: VariableSymbol,
  keys: readonly VariableSymbol[],
): DisplayCode {
  const element = (): Expression => builder.element(global, keys);
  const functions = ['count', 'min', 'max', 'sum', 'avg'] as const;
  const label = labelParts(global, keys);
  const parts: FormatPart[] = [
    ...label,
    ...functions.flatMap((name) => [text(` @${name}=`), conversion('d', '#')]),
    text('\n'),
  ];
  const print = builder.printf(parts, [
    ...keys.map((key) => builder.variable(key)),
    ...functions.map((name) => builder.statistic(name, element())),
  ]);
  if (keys.length > 0) return { statement: loop(builder, global, keys, undefined, print), locals: keys };
  const statement: Statement = {
    kind: 'if',
    condition: builder.equals(builder.statistic('count', element()), builder.number(0)),
    consequent: builder.printf([...label, text(' @count=0x0\n')], []),
    alternate: print,
    token: global.token,
  };
  return { statement, locals: [] };
}

function loop(
  builder: SyntaxBuilder,
  array: VariableSymbol,
  keys: readonly VariableSymbol[],
  value: VariableSymbol | undefined,
  body: Statement,
): Statement {
  return {
    kind: 'foreach',
    keys: keys.map((key) => builder.variable(key)),
    ...(value && { value: builder.variable(value) }),
    base: builder.variable(array),
    sort: { by: 'value', ascending: false },
    body,
    token: array.token,
  };
}

/** `name` or `name[%#d,"%#s"]`. */
function labelParts(global: VariableSymbol, keys: readonly VariableSymbol[]): FormatPart[] {
  if (keys.length === 0) return [text(global.name)];
  const inner = keys.flatMap((key, index) => [
    ...(index > 0 ? [text(',')] : []),
    ...valueParts(key.type, '#'),
  ]);
  return [text(`${global.name}[`), ...inner, text(']')];
}

function valueParts(type: ValueType, longFlag: '' | '#'): FormatPart[] {
  return type === 'string' ? [text('"'), conversion('s', '#'), text('"')] : [conversion('d', longFlag)];
}

function text(value: string): FormatPart {
  return { kind: 'text', text: value };
}

function conversion(letter: 'd' | 's', flag: '' | '#'): FormatPart {
  return { kind: 'conversion', conversion: letter, flag, width: undefined, precision: undefined };
}
