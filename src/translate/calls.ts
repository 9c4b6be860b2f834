import type { Call } from '../ast/expression.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { FunctionSymbol } from '../semantic/program.ts';
import type { Token } from '../source/token.ts';
import type { BodyWriter } from './body-writer.ts';
import { dispatcher } from './functions.ts';
import { stringLiteral } from './javascript-text.ts';

/** JavaScript of a function call. */
export function call(writer: BodyWriter, expression: Call): string {
  const candidates = writer.scope.bindings.functions(expression.callee);
  const [only] = candidates;
  if (only === undefined) throw new BugError(`call of unresolved function ${expression.callee.name}`);
  const args = expression.args.map((argument) => writer.value(argument));
  const token = expression.callee.token;
  if (only.body.kind === 'intrinsic') return callIntrinsic(writer, only, args, token);
  for (const candidate of candidates) writer.chargeCall(writer.scope.calls.sizeOfFunction(candidate));
  const name = dispatcher(writer.scope, candidates);
  return `${name}(${[...args, writer.at(token)].join(', ')})`;
}

/** JavaScript of a call of a run-time function with arguments that are JavaScript already. */
export function callIntrinsic(
  writer: BodyWriter,
  symbol: FunctionSymbol,
  args: readonly string[],
  token: Token,
): string {
  const at = dropsOwnFrame(symbol) ? writer.at(token) : writer.at(token, symbol.token);
  const code = intrinsicCall(writer, symbol, [...args, at]);
  if (!symbol.stable || symbol.parameters.length > 0) return code;
  return onceInHandler(writer, symbol, code);
}

function intrinsicCall(writer: BodyWriter, symbol: FunctionSymbol, args: readonly string[]): string {
  if (symbol.body.kind !== 'intrinsic') throw new BugError(`${symbol.name} is no run-time function`);
  const { scope } = writer;
  const fetch = `${scope.helper('intrinsic')}(${stringLiteral(symbol.body.name)})`;
  const name = scope.constant(`i_${symbol.body.name}`, fetch);
  const code = `${name}(${[scope.helper('context'), ...args].join(', ')})`;
  return symbol.returnType === 'string' ? `${scope.helper('clip')}(${code})` : code;
}

/** A stable function is called when its value is first needed and keeps it for the run of the body. */
function onceInHandler(writer: BodyWriter, symbol: FunctionSymbol, code: string): string {
  const known = writer.onceNames.get(symbol.mangledName);
  const name = known ?? writer.temporary();
  writer.onceNames.set(symbol.mangledName, name);
  return `(${name} ??= ${code})`;
}

/** error(), abort() and assert() are reported at their call: their own place tells nobody anything. */
function dropsOwnFrame(symbol: FunctionSymbol): boolean {
  return symbol.name === 'error' || symbol.name === 'abort';
}
