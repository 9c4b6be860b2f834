import type { Expression } from '../../ast/expression.ts';
import type { Block, ExpressionStatement, For, If, Statement, Try } from '../../ast/statement.ts';
import { rewriteStatement, type Rewriter } from '../../ast/walk.ts';
import { forEachScriptFunction, rewriteProbes } from '../draft.ts';
import { CallEffects } from '../usage.ts';
import type { OptimiseContext } from './optimise-context.ts';
import { programUsage } from './unused-variables.ts';

/**
 * Drops statements that do nothing anyone can see, and simplifies the ones around them. True when something
 * changed. A body that ends up empty is an empty block.
 */
export function dropEffectFreeStatements(context: OptimiseContext): boolean {
  const { draft, warn } = context;
  const pass: Pass = {
    ...context,
    effects: new CallEffects(draft),
    usage: programUsage(draft),
    changed: false,
  };
  const rewriter: Rewriter = { statement: (statement) => simplify(pass, statement) };
  rewriteProbes(draft, (body) => simplifyBody(pass, body, rewriter));
  forEachScriptFunction(draft, (symbol, body) => {
    const block = simplifyBody(pass, body.block, rewriter);
    if (block.statements.length === 0 && (pass.firstRound || body.block.statements.length > 0))
      warn('effect-free-function', `side-effect-free function '${symbol.name}'`, symbol.token);
    symbol.body = { kind: 'script', block };
  });
  return pass.changed;
}

interface Pass extends OptimiseContext {
  readonly effects: CallEffects;
  readonly usage: ReturnType<typeof programUsage>;
  changed: boolean;
}

/**
 * A body stays a block; one that holds a single statement takes that statement's token, which also tells the next
 * round that there is nothing left to unwrap.
 */
function simplifyBody(pass: Pass, body: Block, rewriter: Rewriter): Block {
  if (body.statements.length === 0 && !pass.firstRound) return body;
  const simplified = rewriteStatement(body, rewriter);
  if (simplified === undefined) return { ...body, statements: [] };
  if (simplified.kind === 'block') return simplified;
  return { kind: 'block', statements: [simplified], token: simplified.token };
}

function simplify(pass: Pass, statement: Statement): Statement | undefined {
  switch (statement.kind) {
    case 'null':
      // Not counted as a change: where a statement must stand, as in `foreach (k in a) ;`, it comes back every round.
      pass.note('Eliding side-effect-free null statement', statement.token);
      return undefined;
    case 'expression-statement':
      return simplifyExpression(pass, statement);
    case 'block':
      return simplifyBlock(pass, statement);
    case 'if':
      return simplifyIf(pass, statement);
    case 'for':
      return isEmpty(statement.body) && isLoopFree(pass, statement)
        ? drop(pass, 'for statement', statement)
        : statement;
    case 'foreach': {
      // The loop variables keep the last key, so the loop matters where something reads them.
      const variables = [...statement.keys, ...(statement.value ? [statement.value] : [])];
      const isRead = variables.some((leaf) => pass.usage.read.has(pass.draft.symbols.variable(leaf)));
      return isEmpty(statement.body) && !isRead ? drop(pass, 'foreach statement', statement) : statement;
    }
    case 'try':
      return simplifyTry(pass, statement);
    default:
      return statement;
  }
}

function drop(pass: Pass, what: string, statement: Statement): Statement | undefined {
  pass.note(`Eliding side-effect-free ${what}`, statement.token);
  pass.changed = true;
  return undefined;
}

function simplifyExpression(pass: Pass, statement: ExpressionStatement): Statement | undefined {
  if (!pass.effects.isEffectFree(statement.expression)) return statement;
  pass.warn('effect-free-expression', 'Eliding side-effect-free expression ', statement.token);
  pass.changed = true;
  return undefined;
}

function simplifyBlock(pass: Pass, block: Block): Statement | undefined {
  const statements = block.statements.flatMap((child) =>
    child.kind === 'block' ? child.statements : child.kind === 'null' ? [] : [child],
  );
  if (statements.length === 0) {
    pass.note('Eliding side-effect-free empty block', block.token);
    return undefined;
  }
  const [only] = statements;
  if (statements.length === 1 && only !== undefined) {
    if (only.token !== block.token) pass.note('Eliding side-effect-free singleton block', block.token);
    return only;
  }
  return statements.length === block.statements.length &&
    statements.every((child, index) => child === block.statements[index])
    ? block
    : { ...block, statements };
}

function simplifyIf(pass: Pass, statement: If): Statement | undefined {
  const { condition, consequent, alternate, token } = statement;
  const noAlternate = alternate === undefined || isEmpty(alternate);
  if (isEmpty(consequent)) {
    if (!noAlternate) {
      const inverted: Expression = {
        kind: 'unary',
        operator: '!',
        operand: condition,
        token: condition.token,
      };
      return { kind: 'if', condition: inverted, consequent: alternate, token };
    }
    if (pass.effects.isEffectFree(condition)) return drop(pass, 'if statement', statement);
    pass.changed = true;
    return { kind: 'expression-statement', expression: condition, token: condition.token };
  }
  return alternate !== undefined && noAlternate ? { kind: 'if', condition, consequent, token } : statement;
}

function simplifyTry(pass: Pass, statement: Try): Statement | undefined {
  if (!isEmpty(statement.body)) return statement;
  pass.note('Eliding empty try {} block', statement.token);
  pass.changed = true;
  return undefined;
}

function isLoopFree(pass: Pass, { init, condition, update }: For): boolean {
  return [init?.expression, condition, update?.expression].every(
    (part) => part === undefined || pass.effects.isEffectFree(part),
  );
}

function isEmpty(statement: Statement): boolean {
  return statement.kind === 'null' || (statement.kind === 'block' && statement.statements.length === 0);
}
