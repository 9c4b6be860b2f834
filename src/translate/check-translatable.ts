import type { Expression } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import { childStatements, statementExpressions, visitExpression } from '../ast/walk.ts';
import type { Diagnostic, DiagnosticSink } from '../diagnostic/diagnostic.ts';
import type { CheckedProgram, FunctionSymbol } from '../semantic/program.ts';
import type { Token } from '../source/token.ts';
import { bodiesOf } from './call-graph.ts';

const PRINT_VALUES_MAX = 32;

/** Reports what SystemTap refuses only while it generates code. True when there is nothing of the kind. */
export function checkTranslatable(program: CheckedProgram, sink: DiagnosticSink): boolean {
  const checker = new Checker(program, sink);
  for (const probe of program.probes) {
    for (const { body } of bodiesOf(probe)) checker.statement(body, false);
  }
  for (const symbol of program.functions) checker.function(symbol);
  return checker.passed;
}

class Checker {
  passed = true;
  readonly #program: CheckedProgram;
  readonly #sink: DiagnosticSink;

  constructor(program: CheckedProgram, sink: DiagnosticSink) {
    this.#program = program;
    this.#sink = sink;
  }

  function(symbol: FunctionSymbol): void {
    if (symbol.body.kind !== 'script') return;
    if (symbol.returnType === 'unknown' && returnsValue(symbol.body.block))
      this.#refuse('untyped-return', 'return value type unsupported', symbol.token);
    if (symbol.returnType === 'stats')
      this.#refuse('untyped-return', 'return value type unsupported', symbol.token);
    this.statement(symbol.body.block, false);
  }

  statement(node: Statement, inLoop: boolean): void {
    if ((node.kind === 'break' || node.kind === 'continue') && !inLoop)
      this.#refuse('jump-outside-loop', `cannot '${node.kind}' outside loop`, node.token);
    if (node.kind === 'delete') this.#checkDeletion(node.operand);
    for (const expression of statementExpressions(node))
      visitExpression(expression, { expression: (inner) => this.#check(inner) });
    const loop = inLoop || node.kind === 'for' || node.kind === 'foreach';
    for (const child of childStatements(node)) this.statement(child, loop);
  }

  #check(expression: Expression): undefined {
    if (expression.kind === 'assignment' && isBucket(expression.target))
      this.#refuse('assigned-bucket', 'cannot assign to histogram buckets', expression.target.token);
    if (expression.kind === 'update' && isBucket(expression.operand))
      this.#refuse('assigned-bucket', 'cannot assign to histogram buckets', expression.operand.token);
    if (expression.kind !== 'print') return;
    if (expression.args.length > PRINT_VALUES_MAX)
      this.#refuse(
        'too-many-print-values',
        `too many arguments to print (${expression.args.length})`,
        expression.token,
      );
    for (const argument of expression.args) {
      if (this.#isStatistic(argument))
        this.#refuse('printed-statistic', 'cannot print a raw stats object', argument.token);
    }
  }

  #checkDeletion(operand: Expression): void {
    if (isBucket(operand) || operand.kind === 'histogram')
      this.#refuse('deleted-bucket', 'cannot delete histogram bucket entries', operand.token);
  }

  #isStatistic(expression: Expression): boolean {
    const leaf = expression.kind === 'index' ? expression.base : expression;
    return leaf.kind === 'variable' && this.#program.bindings.variable(leaf).type === 'stats';
  }

  #refuse(code: string, message: string, token: Token): void {
    const diagnostic: Diagnostic = { kind: 'translation-error', code, message, token };
    this.passed = false;
    this.#sink.report(diagnostic);
  }
}

function isBucket(expression: Expression): boolean {
  return expression.kind === 'index' && expression.base.kind === 'histogram';
}

function returnsValue(statement: Statement): boolean {
  if (statement.kind === 'return') return statement.value !== undefined;
  return childStatements(statement).some(returnsValue);
}
