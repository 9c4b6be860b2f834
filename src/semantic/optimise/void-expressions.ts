import type { Expression } from '../../ast/expression.ts';
import type { ExpressionStatement, Statement } from '../../ast/statement.ts';
import { rewriteBlock, visitStatement, type Rewriter } from '../../ast/walk.ts';
import type { Block } from '../../ast/statement.ts';
import { rewriteBodies } from '../draft.ts';
import { CallEffects } from '../usage.ts';
import type { OptimiseContext } from './optimise-context.ts';

/**
 * Reduces expressions whose value is thrown away to the parts that do something: `1 + f()` to `f()`,
 * `c ? f() : g()` to an if statement. True when something changed.
 */
export function reduceVoidExpressions({ draft, note }: OptimiseContext): boolean {
  const effects = new CallEffects(draft);
  let changed = false;
  const reduceBody = (body: Block): Block => {
    const clauses = loopClauses(body);
    const rewriter: Rewriter = {
      statement: (statement) => {
        if (statement.kind !== 'expression-statement' || clauses.has(statement)) return statement;
        const reduced = reduceStatement(statement, effects);
        if (reduced === undefined) return statement;
        note(
          `Eliding unused ${KIND_NAMES[statement.expression.kind] ?? 'check'}`,
          statement.expression.token,
        );
        changed = true;
        return reduced;
      },
    };
    return rewriteBlock(body, rewriter);
  };
  rewriteBodies(draft, reduceBody);
  return changed;
}

const KIND_NAMES: Partial<Record<Expression['kind'], string>> = {
  binary: 'binary',
  comparison: 'binary',
  unary: 'unary',
  concatenation: 'concatenation',
  print: 'print',
  regex: 'regex query',
};

/** The clauses of for loops must stay expressions. */
function loopClauses(body: Block): ReadonlySet<Statement> {
  const clauses = new Set<Statement>();
  visitStatement(body, {
    statement: (statement) => {
      if (statement.kind === 'for') {
        if (statement.init) clauses.add(statement.init);
        if (statement.update) clauses.add(statement.update);
      }
      return true;
    },
    expression: () => false,
  });
  return clauses;
}

/** What to run instead of the statement; undefined to leave it as it is. */
function reduceStatement(statement: ExpressionStatement, effects: CallEffects): Statement | undefined {
  const { expression, token } = statement;
  const run = (part: Expression): Statement => ({
    kind: 'expression-statement',
    expression: part,
    token: part.token,
  });
  if (expression.kind === 'conditional') {
    const { condition, consequent, alternate } = expression;
    return {
      kind: 'if',
      condition,
      consequent: run(consequent),
      alternate: run(alternate),
      token: expression.token,
    };
  }
  if (expression.kind === 'logical') {
    const { left, right, operator, token: at } = expression;
    const condition: Expression =
      operator === '&&' ? left : { kind: 'unary', operator: '!', operand: left, token: at };
    return { kind: 'if', condition, consequent: run(right), token: at };
  }
  const parts = operandsOf(expression);
  if (parts === undefined) return undefined;
  const statements = parts.filter((part) => !effects.isEffectFree(part)).map(run);
  const [only] = statements;
  return statements.length === 1 && only !== undefined ? only : { kind: 'block', statements, token };
}

/** The operands of an operator that does nothing itself; undefined for anything that may. */
function operandsOf(expression: Expression): readonly Expression[] | undefined {
  switch (expression.kind) {
    case 'binary':
    case 'comparison':
    case 'concatenation':
      return [expression.left, expression.right];
    case 'unary':
      return [expression.operand];
    case 'regex':
      return [expression.left];
    case 'print': {
      // A formatted print still checks its arguments' number and types; keep the others' text only.
      if (!expression.toString || expression.parts !== undefined) return undefined;
      return expression.args.filter((argument) => argument.kind !== 'histogram');
    }
    default:
      return undefined;
  }
}
