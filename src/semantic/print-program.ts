import type { AliasDeclaration } from '../ast/declaration.ts';
import { printExpression, type NameOf } from '../ast/print-expression.ts';
import { printProbePoint } from '../ast/print-script.ts';
import { printBlock, printStatement } from '../ast/print-statement.ts';
import type { Block } from '../ast/statement.ts';
import { pointText } from '../probes/point-text.ts';
import type { Bindings, CheckedProgram, DerivedProbe, FunctionSymbol, VariableSymbol } from './program.ts';

/**
 * What -p2 prints: globals, functions and probes with their types; with `bodies` also initial values and code,
 * in which globals and functions carry their internal names. Ends with a newline unless there is nothing to print.
 */
export function printProgram(program: CheckedProgram, bodies: boolean): string {
  const nameOf = internalNames(program.bindings);
  const lines: string[] = [];
  section(
    lines,
    '# global embedded code',
    program.embeds.map(({ code }) => `%{${code}%}`),
  );
  section(
    lines,
    '# globals',
    program.globals.map((global) => globalLine(global, bodies)),
  );
  const functions = [...program.functions].sort((a, b) => (a.mangledName < b.mangledName ? -1 : 1));
  section(
    lines,
    '# functions',
    functions.flatMap((symbol) => [
      functionSignature(symbol),
      ...localLines(symbol.locals),
      ...(bodies ? [functionBody(symbol, nameOf)] : []),
    ]),
  );
  section(
    lines,
    '# probes',
    program.probes.flatMap((probe) => probeLines(probe, nameOf, bodies)),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** `name:type (arg:type, …)`, as -p2 and --dump-functions print it. */
export function functionSignature(symbol: FunctionSymbol): string {
  const parameters = symbol.parameters.map(({ name, type }) => `${name}:${type}`).join(', ');
  return `${symbol.name}:${symbol.returnType} (${parameters})`;
}

function section(lines: string[], title: string, content: readonly string[]): void {
  if (content.length > 0) lines.push(title, ...content);
}

function globalLine(global: VariableSymbol, withInitial: boolean): string {
  const { declaration } = global;
  const size = declaration?.maxSize === undefined ? '' : `[${declaration.maxSize}]`;
  const keys = global.keyTypes.length === 0 ? '' : ` [${global.keyTypes.join(', ')}]`;
  const initial = declaration?.initial;
  const value =
    !withInitial || initial === undefined
      ? ''
      : ` = ${initial.kind === 'number' ? String(initial.value) : `"${initial.raw}"`}`;
  return `${global.name}${declaration?.wrap === true ? '%' : ''}${size}:${global.type}${keys}${value}`;
}

function localLines(locals: readonly VariableSymbol[]): readonly string[] {
  if (locals.length === 0) return [];
  return ['  # locals', ...locals.map((local) => `  ${local.name}:${local.type}`)];
}

function functionBody(symbol: FunctionSymbol, nameOf: NameOf): string {
  const { body } = symbol;
  if (body.kind === 'script') return bodyText(body.block, nameOf);
  const pragmas = (symbol.pragmas ?? []).map((pragma) => `/* ${pragma} */ `).join('');
  const answer = body.kind === 'intrinsic' ? `intrinsic ${body.name}` : `unavailable ${body.reason}`;
  return `{ %{ ${pragmas}${answer} %} }`;
}

function probeLines(probe: DerivedProbe, nameOf: NameOf, bodies: boolean): readonly string[] {
  const derivation = derivationTexts(probe)
    .map((text) => ` <- ${text}`)
    .join('');
  const merged = probe.merged ?? [];
  return [
    `${resolvedText(probe, nameOf)} /* ${derivation} */ `,
    ...localLines([probe, ...merged].flatMap(({ locals }) => locals)),
    ...(bodies ? [probe, ...merged].map(({ body }) => bodyText(body, nameOf)) : []),
  ];
}

/** Each step of the derivation: aliases with what they stand for, last the points as the script writes them. */
function derivationTexts(probe: DerivedProbe): readonly string[] {
  const aliases = probe.chain.flatMap(({ alias }) => (alias ? [aliasText(alias)] : []));
  const points = probe.declaration.points.map((point) => printProbePoint(point));
  return [...aliases, points.join(',')];
}

function aliasText(alias: AliasDeclaration): string {
  const points = alias.points.map((point) => printProbePoint(point));
  return `${pointText(alias.name)} ${alias.operator} ${points.join(', ')}`;
}

function resolvedText({ point, condition }: DerivedProbe, nameOf: NameOf): string {
  const text = pointText(point);
  return condition === undefined ? text : `${text} if (${printExpression(condition, nameOf)})`;
}

/** A body that optimisation left with a single statement shows without its own braces. */
function bodyText(body: Block, nameOf: NameOf): string {
  const [only] = body.statements;
  const isSingle = body.statements.length === 1 && only !== undefined && only.token === body.token;
  return `{ ${isSingle ? printStatement(only, nameOf) : printBlock(body, nameOf)} }`;
}

/** Globals and functions by their internal names, locals as written. */
function internalNames(bindings: Bindings): NameOf {
  return (leaf) =>
    leaf.kind === 'variable'
      ? bindings.variable(leaf).mangledName
      : (bindings.functions(leaf)[0]?.mangledName ?? leaf.name);
}
