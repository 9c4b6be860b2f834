import type { Callee, Call, Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import { rewriteBlock, visitStatement } from '../ast/walk.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Token } from '../source/token.ts';
import type { ContextCallee } from './context-variable.ts';
import { pointDiagnostic } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';

type Access = 'read' | 'write';
/** How a context variable is written to: the assignment operator, or anything else that stores. */
type Store = '=' | '.=' | 'other' | 'delete';
type Operation = 'get' | 'set' | 'append';

/**
 * Replaces `$value` in the body of a procfs handler by calls of `procfs_value_get`, `procfs_value_set` and
 * `procfs_value_append`. Other uses stay and are listed with the reason (stapprobes(3stap), PROCFS).
 */
export function expandProcfsValue(body: Block, access: Access, names: ContextNames): ExpandedBody {
  const stores = storedTargets(body);
  const contextCallees = new Map<Callee, ContextCallee>();
  const unresolvedTargets = new Map<Expression, Diagnostic>();

  const call = (operation: Operation, token: Token, args: readonly Expression[]): Call => {
    const mangledName = names(token.file.name, `procfs_value_${operation}`);
    const callee: Callee = { kind: 'callee', name: mangledName, token };
    contextCallees.set(callee, contextCallee(operation, mangledName));
    return { kind: 'call', callee, args, token };
  };

  const rewritten = rewriteBlock(body, {
    expression: (expression) => {
      if (expression.kind === 'target') {
        const store = stores.get(expression);
        const refusal = refuse(expression, access, store);
        if (refusal !== undefined) unresolvedTargets.set(expression, refusal);
        return refusal === undefined && store === undefined ? call('get', expression.token, []) : expression;
      }
      // A target that may be stored to was left in place above; its assignment comes after it.
      if (expression.kind !== 'assignment' || expression.target.kind !== 'target') return expression;
      if (unresolvedTargets.has(expression.target)) return expression;
      return call(expression.operator === '=' ? 'set' : 'append', expression.target.token, [
        expression.value,
      ]);
    },
  });
  return { body: rewritten, contextCallees, unresolvedTargets };
}

/** The context variables that the body stores to. */
function storedTargets(body: Block): ReadonlyMap<Expression, Store> {
  const stores = new Map<Expression, Store>();
  visitStatement(body, {
    expression: (expression) => {
      if (expression.kind === 'assignment')
        stores.set(
          expression.target,
          expression.operator === '=' || expression.operator === '.=' ? expression.operator : 'other',
        );
      if (expression.kind === 'update') stores.set(expression.operand, 'other');
      return true;
    },
    statement: (statement) => {
      if (statement.kind === 'delete') stores.set(statement.operand, 'delete');
      return true;
    },
  });
  return stores;
}

/** Why the use is not possible, checked in SystemTap's order; undefined when it is. */
function refuse(target: TargetSymbol, access: Access, store: Store | undefined): Diagnostic | undefined {
  const refusal = (code: string, message: string, token: Token = target.token): Diagnostic =>
    pointDiagnostic(code, message, token);
  if (store === 'delete') return refusal('procfs-value-delete', 'invalid operand of delete expression');
  if (target.name !== '$value')
    return refusal('procfs-other-target', 'invalid target symbol for procfs probe, $value expected');
  const selector = target.selectors[0];
  if (selector?.kind === 'member')
    return refusal(
      'procfs-value-structure',
      "procfs variable '$value' may not be used as a structure",
      selector.token,
    );
  if (selector?.kind === 'subscript')
    return refusal('procfs-value-array', "procfs variable '$value' may not be used as array", selector.token);
  if (target.pretty !== '')
    return refusal('procfs-value-pretty', "procfs variable '$value' may not be pretty-printed");
  if (access === 'write' && store !== undefined)
    return refusal('procfs-value-read-only', 'procfs $value variable is read-only in a procfs write probe');
  if (access === 'read' && store === undefined)
    return refusal('procfs-value-write-only', 'procfs $value variable cannot be read in a procfs read probe');
  if (target.addressOf) return refusal('procfs-value-address', 'cannot take address of procfs variable');
  if (store === 'other')
    return refusal(
      'procfs-value-operator',
      "Only the following assign operators are implemented on procfs read target variables: '=', '.='",
    );
  return undefined;
}

function contextCallee(operation: Operation, mangledName: string): ContextCallee {
  return {
    mangledName,
    intrinsic: `procfs_value_${operation}`,
    parameters: operation === 'get' ? [] : [{ name: 'value', type: 'string' }],
    returnType: 'string',
    pure: operation === 'get',
    stable: operation === 'get',
  };
}
