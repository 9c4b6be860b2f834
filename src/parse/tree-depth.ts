import type { Expression } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import { childExpressions, childStatements, statementExpressions } from '../ast/walk.ts';
import type { Token } from '../source/token.ts';

/**
 * The first node deeper than `limit` below a body, as its token. Left-grouping operators and `else if` chains
 * make deep trees without deep nesting; later stages recurse over the tree, so this must not.
 */
export function tooDeepToken(body: Statement, limit: number): Token | undefined {
  const pending: { readonly node: Statement | Expression; readonly depth: number }[] = [];
  const add = (nodes: readonly (Statement | Expression)[], depth: number): void => {
    for (const node of nodes) pending.push({ node, depth });
  };
  add([body], 1);
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    const { node, depth } = entry;
    if (depth > limit) return node.token;
    if (isStatement(node)) {
      add(childStatements(node), depth + 1);
      add(statementExpressions(node), depth + 1);
    } else add(childExpressions(node), depth + 1);
  }
  return undefined;
}

const STATEMENT_KINDS: ReadonlySet<string> = new Set<Statement['kind']>([
  ...(['block', 'null', 'expression-statement', 'if', 'for', 'foreach', 'try', 'return', 'delete'] as const),
  ...(['next', 'break', 'continue'] as const),
]);

function isStatement(node: Statement | Expression): node is Statement {
  return STATEMENT_KINDS.has(node.kind);
}
