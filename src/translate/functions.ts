import type { Statement } from '../ast/statement.ts';
import { visitStatement } from '../ast/walk.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { FunctionSymbol } from '../semantic/program.ts';
import { BodyWriter } from './body-writer.ts';
import { stringLiteral } from './javascript-text.ts';
import { STATEMENTS } from './module-scope.ts';
import type { ModuleScope } from './module-scope.ts';

/** What a function returns when `next` handed the call on. */
export const NEXT = 'NEXT';

/** Name of what calls the candidates in order until one does not hand on by `next`. */
export function dispatcher(scope: ModuleScope, candidates: readonly FunctionSymbol[]): string {
  const tried = untilFinal(candidates);
  const [only] = tried;
  if (only === undefined) throw new BugError('a call without candidates');
  if (tried.length === 1 && !handsOn(only)) return scope.functionName(only);
  const parameters = only.parameters.map((_, index) => `p${index}`).join(', ');
  const steps = tried.map((symbol) => {
    const result = candidateCall(scope, symbol, parameters);
    return handsOn(symbol) ? `if ((r = ${result}) !== ${NEXT}) return r;` : `return ${result};`;
  });
  const last = tried.at(-1);
  if (last !== undefined && handsOn(last)) steps.push(`${scope.helper('exhausted')}();`);
  return scope.constant(`call_${only.name}`, `(${parameters}) => { let r; ${steps.join(' ')} }`);
}

function candidateCall(scope: ModuleScope, symbol: FunctionSymbol, parameters: string): string {
  if (symbol.body.kind === 'script') return `${scope.functionName(symbol)}(${parameters})`;
  const args = [scope.helper('context'), parameters].filter((text) => text !== '').join(', ');
  const code = `${intrinsicName(scope, symbol)}(${args})`;
  return symbol.returnType === 'string' ? `${scope.helper('clip')}(${code})` : code;
}

/** Name of the constant that holds a function of the run time. */
export function intrinsicName(scope: ModuleScope, symbol: FunctionSymbol): string {
  if (symbol.body.kind !== 'intrinsic') throw new BugError(`${symbol.name} is no run-time function`);
  const { name } = symbol.body;
  return scope.constant(`i_${name}`, `${scope.helper('intrinsic')}(${stringLiteral(name)})`);
}

/** Candidates up to the first that never hands on. */
function untilFinal(candidates: readonly FunctionSymbol[]): readonly FunctionSymbol[] {
  const final = candidates.findIndex((symbol) => !handsOn(symbol));
  return final < 0 ? candidates : candidates.slice(0, final + 1);
}

function handsOn(symbol: FunctionSymbol): boolean {
  return symbol.body.kind === 'script' && containsNext(symbol.body.block);
}

function containsNext(statement: Statement): boolean {
  let found = false;
  visitStatement(statement, {
    statement: (inner) => {
      if (inner.kind === 'next') found = true;
      return !found;
    },
  });
  return found;
}

/** The JavaScript function of a script function. */
export function scriptFunction(scope: ModuleScope, symbol: FunctionSymbol): readonly string[] {
  if (symbol.body.kind !== 'script') throw new BugError(`${symbol.name} is no script function`);
  const { block: body } = symbol.body;
  const size = scope.calls.sizeOfFunction(symbol);
  const counts = !scope.options.suppressTimeLimits;
  const dynamic = counts && (scope.options.unoptimized || !Number.isFinite(size));
  const writer = new BodyWriter(scope, { kind: 'function', symbol }, dynamic);
  if (counts && !dynamic)
    writer.line(`if (budget < ${size}) ${scope.helper('overrun')}(${writer.at(symbol.token)});`);
  writer.subordinate(body);
  writeFinalReturn(writer, symbol);
  const parameters = symbol.parameters.map((parameter) => writer.variable(parameter));
  const name = scope.functionName(symbol);
  const locals = symbol.locals.filter((local) => !symbol.parameters.includes(local));
  if (!scope.countsNesting) return functionText(name, parameters, writer, locals);
  const inner = scope.freshName(`${name}_body`);
  const list = parameters.join(', ');
  return [
    `function ${name}(${list}) {`,
    `  if (depth >= ${scope.maxNesting}) ${scope.helper('tooDeep')}();`,
    '  depth++;',
    `  const r = ${inner}(${list});`,
    '  depth--;',
    '  return r;',
    '}',
    ...functionText(inner, parameters, writer, locals),
  ];
}

/**
 * A JavaScript function around what a writer holds: locals with their defaults, and a frame for errors where
 * the body records its statements.
 */
export function functionText(
  name: string,
  parameters: readonly string[],
  writer: BodyWriter,
  locals: FunctionSymbol['locals'],
  prologue: readonly string[] = [],
): readonly string[] {
  const names = [
    ...locals.map((local) => `${writer.variable(local)} = ${local.type === 'string' ? '""' : '0'}`),
    ...writer.temporaries,
  ];
  const declarations = names.length > 0 ? [`  let ${names.join(', ')};`] : [];
  const head = `function ${name}(${parameters.join(', ')}) {`;
  const before = prologue.map((line) => `  ${line}`);
  const body = writer.lines.map((line) => `  ${line}`);
  if (!writer.recordsStatement) return [head, ...before, ...declarations, ...body, '}'];
  const addFrame = writer.scope.helper('addFrame');
  return [
    head,
    ...before,
    ...declarations,
    '  let at = 0;',
    '  try {',
    ...body.map((line) => `  ${line}`),
    `  } catch (e) { throw ${addFrame}(e, ${STATEMENTS}[at]); }`,
    '}',
  ];
}

function writeFinalReturn(writer: BodyWriter, symbol: FunctionSymbol): void {
  if (symbol.returnType === 'string') writer.line('return "";');
  else if (symbol.returnType === 'long') writer.line('return 0;');
}
