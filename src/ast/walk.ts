import { BugError } from '../diagnostic/bug-error.ts';
import type { Callee, Expression, Selector, Variable, Wildcard } from './expression.ts';
import type { Block, Statement } from './statement.ts';
import { mapExpressionChildren, mapKeys } from './map-children.ts';

/** What `rewriteExpression` and `rewriteStatement` call for every node, children first. */
export interface Rewriter {
  /** Returns the node itself to keep it. Its children have been rewritten already. */
  readonly expression?: (expression: Expression) => Expression;
  /** Returns the node itself to keep it, `undefined` to drop the statement (an empty statement where one is needed). */
  readonly statement?: (statement: Statement) => Statement | undefined;
  /** Names in defining positions (foreach keys and value, catch variable) and in every expression. */
  readonly variable?: (variable: Variable) => Variable;
  readonly callee?: (callee: Callee) => Callee;
}

/**
 * Bottom-up rewrite. A node whose children stay the same objects is kept as it is, so identity shows what
 * changed; leaves are never copied unless the rewriter does it.
 */
export function rewriteExpression(expression: Expression, rewriter: Rewriter): Expression {
  // Many rewriters are about statements only.
  const { expression: rewrite, variable, callee } = rewriter;
  if (rewrite === undefined && variable === undefined && callee === undefined) return expression;
  const isLiteral = expression.kind === 'number' || expression.kind === 'string';
  if (isLiteral) return rewrite === undefined ? expression : rewrite(expression);
  const children = mapExpressionChildren(
    expression,
    (child) => rewriteExpression(child, rewriter),
    (leaf) => (variable === undefined ? leaf : variable(leaf)),
    (leaf) => (callee === undefined ? leaf : callee(leaf)),
  );
  return rewrite === undefined ? children : rewrite(children);
}

/** Like `rewriteExpression`, for a statement and everything in it. */
export function rewriteStatement(statement: Statement, rewriter: Rewriter): Statement | undefined {
  const mapped = mapStatementChildren(statement, rewriter);
  return rewriter.statement === undefined ? mapped : rewriter.statement(mapped);
}

/** `rewriteStatement` of a body; a body that is dropped altogether becomes an empty block. */
export function rewriteBlock(block: Block, rewriter: Rewriter): Block {
  const rewritten = rewriteStatement(block, rewriter);
  if (rewritten === undefined) return { ...block, statements: [] };
  if (rewritten.kind === 'block') return rewritten;
  return { kind: 'block', statements: [rewritten], token: block.token };
}

function rewriteRequired(statement: Statement, rewriter: Rewriter): Statement {
  return rewriteStatement(statement, rewriter) ?? { kind: 'null', token: statement.token };
}

function mapStatementChildren(statement: Statement, rewriter: Rewriter): Statement {
  const expression = (child: Expression): Expression => rewriteExpression(child, rewriter);
  switch (statement.kind) {
    case 'block':
      return mapBlock(statement, rewriter);
    case 'null':
    case 'next':
    case 'break':
    case 'continue':
      return statement;
    case 'expression-statement': {
      const child = expression(statement.expression);
      return child === statement.expression ? statement : { ...statement, expression: child };
    }
    case 'if': {
      const condition = expression(statement.condition);
      const consequent = rewriteRequired(statement.consequent, rewriter);
      const alternate = statement.alternate && rewriteStatement(statement.alternate, rewriter);
      if (
        condition === statement.condition &&
        consequent === statement.consequent &&
        alternate === statement.alternate
      )
        return statement;
      return { kind: 'if', condition, consequent, ...(alternate && { alternate }), token: statement.token };
    }
    case 'for':
      return mapFor(statement, rewriter);
    case 'foreach':
      return mapForeach(statement, rewriter);
    case 'try': {
      const body = rewriteBlock(statement.body, rewriter);
      const error = statement.error && mapVariable(statement.error, rewriter);
      const handler = rewriteBlock(statement.handler, rewriter);
      if (body === statement.body && error === statement.error && handler === statement.handler)
        return statement;
      return { ...statement, body, handler, ...(error && { error }) };
    }
    case 'return': {
      if (statement.value === undefined) return statement;
      const value = expression(statement.value);
      return value === statement.value ? statement : { ...statement, value };
    }
    case 'delete': {
      const operand = expression(statement.operand);
      return operand === statement.operand ? statement : { ...statement, operand };
    }
  }
}

function mapVariable(variable: Variable, rewriter: Rewriter): Variable {
  return rewriter.variable === undefined ? variable : rewriter.variable(variable);
}

function mapBlock(block: Block, rewriter: Rewriter): Block {
  let changed = false;
  const statements: Statement[] = [];
  for (const old of block.statements) {
    const statement = rewriteStatement(old, rewriter);
    if (statement !== old) changed = true;
    if (statement !== undefined) statements.push(statement);
  }
  return changed ? { ...block, statements } : block;
}

function mapFor(
  statement: Extract<Statement, { kind: 'for' }>,
  rewriter: Rewriter,
): Extract<Statement, { kind: 'for' }> {
  const part = (
    child: Statement | undefined,
  ): Extract<Statement, { kind: 'expression-statement' }> | undefined => {
    const mapped = child && rewriteStatement(child, rewriter);
    if (mapped === undefined || mapped.kind === 'expression-statement') return mapped;
    if (mapped.kind === 'null' || (mapped.kind === 'block' && mapped.statements.length === 0))
      return undefined;
    throw new BugError(`a for clause became a ${mapped.kind} statement`);
  };
  const init = part(statement.init);
  const condition = rewriteExpression(statement.condition, rewriter);
  const update = part(statement.update);
  const body = rewriteRequired(statement.body, rewriter);
  if (
    init === statement.init &&
    condition === statement.condition &&
    update === statement.update &&
    body === statement.body
  )
    return statement;
  const { kind, keyword, token } = statement;
  return { kind, keyword, ...(init && { init }), condition, ...(update && { update }), body, token };
}

function mapForeach(
  statement: Extract<Statement, { kind: 'foreach' }>,
  rewriter: Rewriter,
): Extract<Statement, { kind: 'foreach' }> {
  const keys = mapKeys(statement.keys, (key) => mapVariable(key, rewriter));
  const value = statement.value && mapVariable(statement.value, rewriter);
  const base =
    statement.base.kind === 'variable'
      ? mapVariable(statement.base, rewriter)
      : asHistogram(rewriteExpression(statement.base, rewriter));
  const slice =
    statement.slice &&
    mapKeys(statement.slice, (key) => (key.kind === 'wildcard' ? key : rewriteExpression(key, rewriter)));
  const limit = statement.limit && rewriteExpression(statement.limit, rewriter);
  const body = rewriteRequired(statement.body, rewriter);
  if (
    keys === statement.keys &&
    value === statement.value &&
    base === statement.base &&
    slice === statement.slice &&
    limit === statement.limit &&
    body === statement.body
  )
    return statement;
  return {
    ...statement,
    keys,
    base,
    body,
    ...(value && { value }),
    ...(slice && { slice }),
    ...(limit && { limit }),
  };
}

function asHistogram(expression: Expression): Extract<Expression, { kind: 'histogram' }> {
  if (expression.kind === 'histogram') return expression;
  throw new BugError(`a histogram became a ${expression.kind} expression`);
}

/** The expressions directly below, in evaluation order. Wildcards, callees and the leaf of an index base are not among them. */
export function childExpressions(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'embedded':
    case 'variable':
    case 'probewrite':
    case 'perf':
    case 'const':
    case 'enum':
    case 'register':
      return [];
    case 'index':
      return [expression.base, ...withoutWildcards(expression.keys)];
    case 'call':
    case 'print':
      return expression.args;
    case 'unary':
    case 'update':
    case 'statistic':
    case 'histogram':
    case 'defined':
    case 'entry':
    case 'enumname':
      return [expression.operand];
    case 'binary':
    case 'concatenation':
    case 'comparison':
    case 'logical':
      return [expression.left, expression.right];
    case 'regex':
      return [expression.left, expression.pattern];
    case 'membership':
      return [...withoutWildcards(expression.keys), expression.array];
    case 'conditional':
      return [expression.condition, expression.consequent, expression.alternate];
    case 'assignment':
      return [expression.target, expression.value];
    case 'target':
    case 'atvar':
      return subscripts(expression.selectors);
    case 'cast':
    case 'autocast':
      return [expression.operand, ...subscripts(expression.selectors)];
    case 'dereference':
      return [expression.address];
  }
}

function withoutWildcards(keys: readonly (Expression | Wildcard)[]): Expression[] {
  return keys.filter((key): key is Expression => key.kind !== 'wildcard');
}

function subscripts(selectors: readonly Selector[]): Expression[] {
  return selectors.flatMap((selector) => (selector.kind === 'subscript' ? [selector.index] : []));
}

/** The statements directly below, in textual order. */
export function childStatements(statement: Statement): readonly Statement[] {
  switch (statement.kind) {
    case 'block':
      return statement.statements;
    case 'if':
      return statement.alternate === undefined
        ? [statement.consequent]
        : [statement.consequent, statement.alternate];
    case 'for':
      return [statement.init, statement.update, statement.body].filter((part) => part !== undefined);
    case 'foreach':
      return [statement.body];
    case 'try':
      return [statement.body, statement.handler];
    default:
      return [];
  }
}

/**
 * The expressions directly in a statement, not those of its child statements. For a foreach: key and value
 * variables, base, slice, limit; for a try: the catch variable.
 */
export function statementExpressions(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case 'expression-statement':
      return [statement.expression];
    case 'if':
    case 'for':
      return [statement.condition];
    case 'foreach':
      return [
        ...statement.keys,
        ...(statement.value ? [statement.value] : []),
        statement.base,
        ...withoutWildcards(statement.slice ?? []),
        ...(statement.limit ? [statement.limit] : []),
      ];
    case 'try':
      return statement.error ? [statement.error] : [];
    case 'return':
      return statement.value ? [statement.value] : [];
    case 'delete':
      return [statement.operand];
    default:
      return [];
  }
}

/** Called for every node before its children; `false` skips the children. */
export interface Visitor {
  readonly expression?: (expression: Expression) => boolean | undefined;
  readonly statement?: (statement: Statement) => boolean | undefined;
}

/** Visits the expression and everything below it, parents first. */
export function visitExpression(expression: Expression, visitor: Visitor): void {
  if (visitor.expression?.(expression) === false) return;
  // As `childExpressions`, without lists for what there is most of: passes look at every node many times.
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'variable':
      return;
    case 'index':
      visitExpression(expression.base, visitor);
      visitKeys(expression.keys, visitor);
      return;
    case 'call':
    case 'print':
      visitKeys(expression.args, visitor);
      return;
    case 'unary':
    case 'update':
    case 'statistic':
      visitExpression(expression.operand, visitor);
      return;
    case 'binary':
    case 'concatenation':
    case 'comparison':
    case 'logical':
      visitExpression(expression.left, visitor);
      visitExpression(expression.right, visitor);
      return;
    case 'assignment':
      visitExpression(expression.target, visitor);
      visitExpression(expression.value, visitor);
      return;
    default:
      visitKeys(childExpressions(expression), visitor);
  }
}

function visitKeys(keys: readonly (Expression | Wildcard)[], visitor: Visitor): void {
  for (const key of keys) if (key.kind !== 'wildcard') visitExpression(key, visitor);
}

/** Visits the statement and everything below it, parents first, in textual order. */
export function visitStatement(statement: Statement, visitor: Visitor): void {
  if (visitor.statement?.(statement) === false) return;
  if (statement.kind === 'for') {
    // Textual order: the clauses come before the body, the condition between them.
    if (statement.init) visitStatement(statement.init, visitor);
    visitExpression(statement.condition, visitor);
    if (statement.update) visitStatement(statement.update, visitor);
    visitStatement(statement.body, visitor);
    return;
  }
  if (statement.kind === 'try') {
    visitStatement(statement.body, visitor);
    if (statement.error) visitExpression(statement.error, visitor);
    visitStatement(statement.handler, visitor);
    return;
  }
  if (statement.kind === 'block') {
    for (const child of statement.statements) visitStatement(child, visitor);
    return;
  }
  if (statement.kind === 'expression-statement') {
    visitExpression(statement.expression, visitor);
    return;
  }
  for (const child of statementExpressions(statement)) visitExpression(child, visitor);
  for (const child of childStatements(statement)) visitStatement(child, visitor);
}

/** A deep copy with fresh leaves, so that a body used twice gets symbols of its own each time. */
export function cloneExpression(expression: Expression): Expression {
  return rewriteExpression(expression, CLONER);
}

/** `cloneExpression` for a body. */
export function cloneBlock(block: Block): Block {
  return rewriteBlock(block, CLONER);
}

const CLONER: Rewriter = {
  variable: (leaf) => ({ ...leaf }),
  callee: (leaf) => ({ ...leaf }),
  // Every other node too: side tables may key on any expression (unresolved targets do).
  expression: (node) => (node.kind === 'variable' ? node : { ...node }),
  statement: (node) => ({ ...node }),
};
