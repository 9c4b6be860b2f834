import type { Call } from '../../../ast/expression.ts';
import type { Statement } from '../../../ast/statement.ts';
import { visitStatement } from '../../../ast/walk.ts';
import type { FunctionSymbol } from '../../../semantic/program.ts';
import type { KernelValue } from '../../ir.ts';
import { constant } from '../fold.ts';
import { assignedIn } from '../locals.ts';
import { refuse } from './cannot-lower.ts';
import type { HandlerScope } from './handler-scope.ts';
import { intrinsicValue } from './intrinsics.ts';
import { lowerSequence } from './sequence.ts';
import { lowerValues } from './operands.ts';

/** A call; undefined when the function has no value. Functions of the script are written out where they are called. */
export function callValue(scope: HandlerScope, call: Call, isWanted: boolean): KernelValue | undefined {
  const [symbol, ...others] = scope.facts.bindings.functions(call.callee);
  if (symbol === undefined || symbol.body.kind === 'unavailable') return refuse(`calls ${call.callee.name}`);
  if (symbol.body.kind === 'intrinsic')
    return intrinsicValue(scope, symbol, symbol.body.name, call, isWanted);
  if (others.length > 0) return refuse(`calls ${symbol.name}, of which there are several`);
  const { block } = symbol.body;
  if (handsOn(block)) return refuse(`calls ${symbol.name}, which may hand on to another function`);
  const args = lowerValues(scope, call.args);
  return scope.inside(symbol, () => inlined(scope, symbol, block.statements, args));
}

function inlined(
  scope: HandlerScope,
  symbol: FunctionSymbol,
  statements: readonly Statement[],
  args: readonly KernelValue[],
): KernelValue | undefined {
  const [first] = statements;
  const assigned = statements.flatMap((statement) => [...assignedIn(statement, scope.facts.bindings)]);
  for (const [index, parameter] of symbol.parameters.entries()) {
    const argument = args[index];
    if (argument !== undefined) scope.define(parameter, argument, assigned.includes(parameter));
  }
  if (statements.length === 1 && first?.kind === 'return' && first.value !== undefined) {
    scope.actions += 1;
    return scope.value(first.value);
  }
  scope.beginLocals(symbol.locals, { kind: 'block', statements, token: symbol.token });
  const result = resultPlace(scope, symbol);
  lowerSequence(scope, statements, (value) => {
    if (value === undefined || result === undefined) return;
    scope.store(result, scope.value(value));
  });
  return result;
}

/** A slot for what the function returns, with what it returns when it comes to its end. */
function resultPlace(scope: HandlerScope, { returnType, name }: FunctionSymbol): KernelValue | undefined {
  switch (returnType) {
    case 'long':
      return scope.kept({ type: 'long', value: constant(0) });
    case 'string':
      return scope.kept({ type: 'string', value: { kind: 'literal', text: '' } });
    case 'unknown':
      return undefined;
    case 'stats':
      return refuse(`calls ${name}`);
  }
}

function handsOn(body: Statement): boolean {
  let found = false;
  visitStatement(body, {
    statement: (inner) => {
      if (inner.kind === 'next') found = true;
      return !found;
    },
  });
  return found;
}
