import type { Expression, NumberLiteral } from '../../ast/expression.ts';
import type { Block } from '../../ast/statement.ts';
import { rewriteBlock, visitStatement } from '../../ast/walk.ts';

/**
 * The body of an alias with every `@probewrite(name)` replaced by 1 when the body of the probe that uses the alias
 * stores to that variable, and by 0 when not.
 */
export function answerProbewrite(aliasBody: Block, userBody: Block): Block {
  let written: ReadonlySet<string> | undefined;
  return rewriteBlock(aliasBody, {
    expression: (expression) => {
      if (expression.kind !== 'probewrite') return expression;
      written ??= writtenNames(userBody);
      const answer: NumberLiteral = {
        kind: 'number',
        value: written.has(expression.name) ? 1 : 0,
        token: expression.token,
      };
      return answer;
    },
  });
}

/** Names of the variables that the body stores to, whole or by element. */
function writtenNames(body: Block): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (target: Expression): void => {
    if (target.kind === 'variable' || target.kind === 'target') names.add(target.name);
    else if (target.kind === 'index' && target.base.kind === 'variable') names.add(target.base.name);
  };
  visitStatement(body, {
    expression: (expression) => {
      if (expression.kind === 'assignment') add(expression.target);
      if (expression.kind === 'update') add(expression.operand);
      return true;
    },
    statement: (statement) => {
      if (statement.kind === 'foreach') {
        statement.keys.forEach(add);
        if (statement.value !== undefined) add(statement.value);
      }
      if (statement.kind === 'try' && statement.error !== undefined) add(statement.error);
      if (statement.kind === 'delete') add(statement.operand);
      return true;
    },
  });
  return names;
}
