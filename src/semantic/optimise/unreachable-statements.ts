import type { Statement } from '../../ast/statement.ts';
import { rewriteBlock, type Rewriter } from '../../ast/walk.ts';
import { rewriteBodies } from '../draft.ts';
import type { OptimiseContext } from './optimise-context.ts';

/** Drops the statements of a block that stand after one that always leaves it. True when something changed. */
export function dropUnreachableStatements({ draft, note }: OptimiseContext): boolean {
  let changed = false;
  const rewriter: Rewriter = {
    statement: (statement) => {
      if (statement.kind !== 'block') return statement;
      const { statements } = statement;
      const last = statements.findIndex(leaves);
      const dead = last < 0 ? undefined : statements[last + 1];
      if (dead === undefined) return statement;
      note('statement will never be reached', dead.token);
      changed = true;
      return { ...statement, statements: statements.slice(0, last + 1) };
    },
  };
  rewriteBodies(draft, (body) => rewriteBlock(body, rewriter));
  return changed;
}

/** True when control never goes on to the statement behind this one. */
function leaves(statement: Statement): boolean {
  switch (statement.kind) {
    case 'next':
    case 'break':
    case 'continue':
    case 'return':
      return true;
    case 'block':
      return statement.statements.some(leaves);
    case 'if':
      return statement.alternate !== undefined && leaves(statement.consequent) && leaves(statement.alternate);
    case 'try':
      return leaves(statement.body) && leaves(statement.handler);
    default:
      return false;
  }
}
