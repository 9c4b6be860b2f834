import { formatDecimal } from '../int64/numeral.ts';
import type {
  AliasDeclaration,
  FunctionDeclaration,
  GlobalDeclaration,
  ProbeDeclaration,
  ProbePoint,
  ProbePointComponent,
  ScriptFile,
} from './declaration.ts';
import { printExpression, printString } from './print-expression.ts';
import { printBlock } from './print-statement.ts';

/**
 * How much of a declaration is shown. `dump` is the -p1 text, which leaves out `private`, parameter and result
 * types, priorities and second alias blocks as SystemTap does; `complete` has them and parses to the same declarations.
 */
export type PrintDetail = 'dump' | 'complete';

/** The -p1 text of one file: a `# file` line, the declarations by kind, an empty line. */
export function printScript(file: ScriptFile, detail: PrintDetail = 'dump'): string {
  const lines = [
    `# file ${file.source.name}`,
    ...file.embeds.map(({ code }) => `%{${code}%}`),
    ...file.globals.map((global) => printGlobal(global, detail)),
    ...groupAliases(file.aliases).map((group) => printAliases(group, detail)),
    ...file.probes.map(printProbe),
    ...file.functions.map((declaration) => printFunction(declaration, detail)),
  ];
  return `${lines.join('\n')}\n\n`;
}

/** A probe point with its marks and condition: `timer.s(1)? if ((x) > (2))`. */
export function printProbePoint(point: ProbePoint): string {
  const name = point.components.map(printComponent).join('.');
  const mark = point.sufficient ? '!' : point.optional ? '?' : '';
  return `${name}${mark}${point.condition ? ` if (${printExpression(point.condition)})` : ''}`;
}

function printComponent({ name, argument }: ProbePointComponent): string {
  if (argument === undefined) return name;
  return `${name}(${argument.kind === 'string' ? printString(argument) : formatDecimal(argument.value)})`;
}

function printGlobal(global: GlobalDeclaration, detail: PrintDetail): string {
  const { name, wrap, maxSize, initial } = global;
  const keyword = global.isPrivate && detail === 'complete' ? 'private global' : 'global';
  const size = maxSize === undefined ? '' : `[${formatDecimal(maxSize)}]`;
  const value = initial === undefined ? '' : ` = ${printExpression(initial)}`;
  return `${keyword} ${name}${wrap ? '%' : ''}${size}${value}`;
}

/** Aliases of one declaration share their body. */
function groupAliases(aliases: readonly AliasDeclaration[]): readonly AliasDeclaration[][] {
  const groups: AliasDeclaration[][] = [];
  for (const alias of aliases) {
    const group = groups.at(-1);
    if (group?.[0]?.body === alias.body) group.push(alias);
    else groups.push([alias]);
  }
  return groups;
}

function printAliases(group: readonly AliasDeclaration[], detail: PrintDetail): string {
  const [alias] = group;
  if (alias === undefined) return '';
  const names = group.map(({ name }) => printProbePoint(name)).join(' = ');
  const points = alias.points.map(printProbePoint).join(', ');
  const epilogue = alias.epilogue && detail === 'complete' ? `, ${printBlock(alias.epilogue)}` : '';
  return `probe ${names} ${alias.operator} ${points}${printBlock(alias.body)}${epilogue}`;
}

function printProbe(probe: ProbeDeclaration): string {
  return `probe ${probe.points.map(printProbePoint).join(',')}${printBlock(probe.body)}`;
}

function printFunction(declaration: FunctionDeclaration, detail: PrintDetail): string {
  const { name, returnType, parameters, priority, body, isPrivate } = declaration;
  const code = body.kind === 'block' ? printBlock(body) : `%{${body.code}%}`;
  if (detail === 'dump') return `function ${name} (${parameters.map((one) => one.name).join(', ')})\n${code}`;
  const typed = (typedName: string, type: string | undefined): string =>
    type === undefined ? typedName : `${typedName}:${type}`;
  const list = parameters.map((one) => typed(one.name, one.type)).join(', ');
  const order = priority === undefined ? '' : `:${formatDecimal(priority)}`;
  return `${isPrivate ? 'private ' : ''}function ${typed(name, returnType)} (${list})${order}\n${code}`;
}
