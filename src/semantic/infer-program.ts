import type { Block, Foreach, Statement } from '../ast/statement.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { DiagnosticError } from '../diagnostic/diagnostic.ts';
import type { Draft } from './draft.ts';
import { forEachScriptFunction } from './draft.ts';
import { ExpressionInference } from './infer.ts';
import { semanticError } from './messages.ts';
import type { FunctionSymbol, VariableSymbol } from './program.ts';
import type { TypeFindings } from './type-findings.ts';

/**
 * Type inference over the whole program: functions, then probes and their conditions, in rounds until nothing
 * changes. Fills the types of all symbols it can and returns what there is to report.
 */
export function inferTypes(draft: Draft): readonly Diagnostic[] {
  return infer(draft, (findings) => findings.all());
}

/** Like `inferTypes`, but tells only of types that contradict each other, not of what is unknown yet. */
export function inferContradictions(draft: Draft): readonly Diagnostic[] {
  return infer(draft, (findings) => findings.contradictions());
}

function infer(
  draft: Draft,
  select: (findings: TypeFindings) => readonly Diagnostic[],
): readonly Diagnostic[] {
  const restore = rememberTypes(draft);
  if (select(runRounds(new ExpressionInference(draft, true))).length === 0) return [];
  // Something is wrong: find it again in the order that gives the messages SystemTap gives.
  restore();
  return select(runRounds(new ExpressionInference(draft, false)));
}

function runRounds(inference: ExpressionInference): TypeFindings {
  do {
    inference.startRound();
    runRound(inference);
  } while (inference.changed);
  return inference.findings;
}

/** A function that puts all types back to what they are now. */
function rememberTypes(draft: Draft): () => void {
  const variables = [
    ...draft.globals,
    ...draft.functions.flatMap(({ parameters, locals }) => [...parameters, ...locals]),
    ...new Set(draft.probes.flatMap(({ locals }) => locals)),
  ].map((symbol) => ({ symbol, type: symbol.type, keyTypes: [...symbol.keyTypes] }));
  const functions = draft.functions.map((symbol) => ({ symbol, type: symbol.returnType }));
  return () => {
    for (const { symbol, type, keyTypes } of variables) Object.assign(symbol, { type, keyTypes });
    for (const { symbol, type } of functions) symbol.returnType = type;
  };
}

function runRound(inference: ExpressionInference): void {
  const { draft } = inference;
  forEachScriptFunction(draft, (symbol, body) => {
    guarded(inference, () => visitStatement(inference, body.block, symbol));
    for (const local of symbol.locals) checkLocal(inference, local);
  });
  const seen = new Set<Block>();
  for (const probe of draft.probes) {
    const { condition, body } = probe;
    if (condition) guarded(inference, () => inference.operand(condition, 'long'));
    if (seen.has(body)) continue;
    seen.add(body);
    guarded(inference, () => visitStatement(inference, body, undefined));
    for (const local of probe.locals) checkLocal(inference, local);
  }
  for (const global of draft.globals) checkGlobal(inference, global);
}

/** An error that abandons one body must not keep the others from being typed. */
function guarded(inference: ExpressionInference, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    inference.findings.certain(error.diagnostic);
  }
}

function checkLocal(inference: ExpressionInference, local: VariableSymbol): void {
  if (local.type === 'unknown') inference.findings.unresolved(local.token);
  else if (local.type === 'stats')
    inference.findings.certain(
      semanticError('stat-local', 'stat locals not supported, missing global declaration? ', local.token),
    );
}

function checkGlobal(inference: ExpressionInference, global: VariableSymbol): void {
  if (global.type === 'unknown') inference.findings.unresolved(global.token);
  const { declaration } = global;
  if (declaration === undefined || global.arity !== 0) return;
  if (declaration.maxSize !== undefined)
    inference.findings.certain(semanticError('sized-scalar', 'inconsistent arity', global.token));
  else if (declaration.wrap) inference.findings.certain(wrappedScalar(global));
}

function wrappedScalar(global: VariableSymbol): Diagnostic {
  return semanticError('wrapped-scalar', 'wrapping not supported for scalars', global.token);
}

function visitStatement(
  inference: ExpressionInference,
  statement: Statement,
  current: FunctionSymbol | undefined,
): void {
  switch (statement.kind) {
    case 'block':
      for (const child of inference.backwards ? statement.statements.toReversed() : statement.statements)
        visitStatement(inference, child, current);
      break;
    case 'expression-statement':
      inference.visit(statement.expression, 'unknown');
      break;
    case 'if':
      inference.operand(statement.condition, 'long');
      visitStatement(inference, statement.consequent, current);
      if (statement.alternate) visitStatement(inference, statement.alternate, current);
      break;
    case 'for':
      if (statement.init) visitStatement(inference, statement.init, current);
      inference.operand(statement.condition, 'long');
      if (statement.update) visitStatement(inference, statement.update, current);
      visitStatement(inference, statement.body, current);
      break;
    case 'foreach':
      visitForeach(inference, statement);
      visitStatement(inference, statement.body, current);
      break;
    case 'try':
      visitStatement(inference, statement.body, current);
      if (statement.error) inference.variable(statement.error, 'string');
      visitStatement(inference, statement.handler, current);
      break;
    case 'return':
      if (current === undefined) break;
      if (statement.value === undefined) inference.returnedNothing(current, statement.token);
      else inference.returned(current, statement.value);
      break;
    case 'delete':
      visitDelete(inference, statement);
      break;
    case 'null':
    case 'next':
    case 'break':
    case 'continue':
  }
}

function visitForeach(inference: ExpressionInference, statement: Foreach): void {
  const { base, value } = statement;
  if (base.kind === 'histogram') {
    inference.visit(base, 'unknown');
    if (statement.keys.length !== 1) inference.findings.unresolved(statement.token);
    for (const key of statement.keys) inference.variable(key, 'long');
    if (value) inference.variable(value, 'long');
  } else {
    const array = inference.draft.symbols.variable(base);
    inference.keys(array, statement.slice ?? [], true, base.token);
    statement.keys.forEach((key, index) => inference.foreachKey(array, index, key));
    inference.arrayValue(base);
    if (value) {
      if (array.type === 'stats') inference.findings.invalid(value.token, 'stats');
      else inference.variable(value, array.type);
    }
    if (statement.sort?.aggregate && array.type !== 'stats' && array.type !== 'unknown')
      inference.findings.invalid(base.token, array.type);
  }
  if (statement.limit) inference.operand(statement.limit, 'long');
}

function visitDelete(
  inference: ExpressionInference,
  { operand }: Extract<Statement, { kind: 'delete' }>,
): void {
  const { symbols } = inference.draft;
  if (operand.kind === 'variable') {
    inference.arrayValue(operand);
  } else if (operand.kind === 'index' && operand.base.kind === 'variable') {
    inference.keys(symbols.variable(operand.base), operand.keys, true, operand.base.token);
    inference.arrayValue(operand.base);
  } else if (operand.kind === 'target' || operand.kind === 'index') {
    inference.visit(operand, 'unknown');
  } else {
    throw new DiagnosticError(
      semanticError('invalid-delete', 'invalid operand of delete expression', operand.token),
    );
  }
}
