import type { Call } from '../ast/expression.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { FunctionSymbol } from '../semantic/program.ts';
import type { Token } from '../source/token.ts';
import type { BodyWriter } from './body-writer.ts';
import { dispatcher, intrinsicName } from './functions.ts';

/** JavaScript of a function call. `isWanted`: something is done with its value. */
export function call(writer: BodyWriter, expression: Call, isWanted: boolean): string {
  const candidates = writer.scope.bindings.functions(expression.callee);
  const [only] = candidates;
  if (only === undefined) throw new BugError(`call of unresolved function ${expression.callee.name}`);
  const args = expression.args.map((argument) => writer.value(argument));
  const token = expression.callee.token;
  if (only.body.kind === 'intrinsic') return callIntrinsic(writer, only, args, token, isWanted);
  for (const candidate of candidates) writer.chargeCall(writer.scope.calls.sizeOfFunction(candidate));
  const name = dispatcher(writer.scope, candidates);
  return `${name}(${[...args, writer.at(token)].join(', ')})`;
}

/** Run-time functions may take a varying number of arguments, so the statement is recorded among theirs. */
function callIntrinsic(
  writer: BodyWriter,
  symbol: FunctionSymbol,
  args: readonly string[],
  token: Token,
  isWanted: boolean,
): string {
  const { scope } = writer;
  const at = dropsOwnFrame(symbol) ? writer.at(token) : writer.at(token, symbol.token);
  const name = intrinsicName(scope, symbol);
  const recordsInside = args.some((argument) => argument.includes('at = '));
  const passed = [scope.helper('context'), ...(recordsInside ? recordLast(writer, args, at) : args)];
  const call = `${name}(${passed.join(', ')})`;
  const recorded = recordsInside ? call : `(${at}, ${call})`;
  const isOnce = symbol.stable && symbol.parameters.length === 0;
  // Cutting a value makes V8 join its pieces: what a long text costs that grows by `$value .=` line after line.
  const isCut = symbol.returnType === 'string' && (isWanted || isOnce);
  const code = isCut ? `${scope.helper('clip')}(${recorded})` : recorded;
  if (!isOnce) return code;
  return onceInHandler(writer, symbol, code);
}

/** The arguments, with the statement recorded when the last of them has been evaluated. */
function recordLast(writer: BodyWriter, args: readonly string[], at: string): readonly string[] {
  const name = writer.temporary();
  return [...args.slice(0, -1), `(${name} = ${args.at(-1) ?? 'undefined'}, ${at}, ${name})`];
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
