import type { Expression } from '../../../ast/expression.ts';
import type { If, Statement } from '../../../ast/statement.ts';
import { visitStatement } from '../../../ast/walk.ts';
import { constantValue } from '../fold.ts';
import { refuse } from './cannot-lower.ts';
import type { HandlerScope } from './handler-scope.ts';
import { lowerLong } from './operands.ts';

/** Called where a body ends early, by `return` or `next`; with the value, if one is returned. */
export type OnLeave = (value: Expression | undefined) => void;

/**
 * Statements to their end. There are no jumps out of a body: what comes behind an `if` that leaves it is written into the
 * other branch.
 */
export function lowerSequence(scope: HandlerScope, statements: readonly Statement[], onLeave: OnLeave): void {
  const [statement, ...rest] = statements;
  if (statement === undefined) return;
  switch (statement.kind) {
    case 'block':
      lowerSequence(scope, [...statement.statements, ...rest], onLeave);
      return;
    case 'return':
    case 'next':
      scope.at(statement.token);
      scope.actions += 1;
      onLeave(statement.kind === 'return' ? statement.value : undefined);
      return;
    case 'if':
      if (leaves(statement)) {
        branches(scope, statement, rest, onLeave);
        return;
      }
      break;
    default:
      if (leaves(statement)) refuse(`leaves a loop by ${leavingWord(statement)}`);
  }
  scope.statement(statement);
  lowerSequence(scope, rest, onLeave);
}

function branches(scope: HandlerScope, statement: If, rest: readonly Statement[], onLeave: OnLeave): void {
  scope.at(statement.token);
  scope.actions += 1;
  const condition = lowerLong(scope, statement.condition);
  const consequent = [statement.consequent, ...rest];
  const alternate = statement.alternate ? [statement.alternate, ...rest] : rest;
  const known = constantValue(condition);
  if (known !== undefined) {
    lowerSequence(scope, known === 0 ? alternate : consequent, onLeave);
    return;
  }
  const then = scope.branch(() => lowerSequence(scope, consequent, onLeave));
  const otherwise = scope.branch(() => lowerSequence(scope, alternate, onLeave));
  scope.at(statement.token);
  scope.emit({ kind: 'if', condition, then, else: otherwise });
}

function leavingWord(statement: Statement): 'return' | 'next' {
  let word: 'return' | 'next' = 'return';
  visitStatement(statement, {
    statement: (inner) => {
      if (inner.kind === 'next') word = 'next';
      return true;
    },
  });
  return word;
}

/** Whether it holds a `return` or a `next`. */
function leaves(statement: Statement): boolean {
  let found = false;
  visitStatement(statement, {
    statement: (inner) => {
      if (inner.kind === 'return' || inner.kind === 'next') found = true;
      return !found;
    },
  });
  return found;
}
