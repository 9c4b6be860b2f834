import type { Expression } from '../ast/expression.ts';
import type { Block, Statement } from '../ast/statement.ts';
import { childStatements, statementExpressions, visitExpression } from '../ast/walk.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { typeOf } from './expression-type.ts';
import { translationError } from './messages.ts';
import type { Bindings, CheckedProgram, FunctionSymbol } from './program.ts';

const MAX_PRINT_VALUES = 32;

/**
 * The checks that SystemTap makes when it generates code: programs that fail them pass -p2. Reports to the sink
 * with kind `translation-error`; a program without reports can be translated.
 */
export function checkTranslatable(program: CheckedProgram, sink: DiagnosticSink): void {
  const check = new TranslatableCheck(program.bindings, sink);
  for (const symbol of program.functions) {
    if (symbol.body.kind === 'script') check.statement(symbol.body.block, false, symbol);
  }
  const checked = new Set<Block>();
  for (const probe of program.probes) {
    for (const { body, condition } of [probe, ...(probe.merged ?? [])]) {
      if (!checked.has(body)) check.statement(body, false, undefined);
      checked.add(body);
      if (condition) check.expression(condition);
    }
  }
}

class TranslatableCheck {
  readonly #bindings: Bindings;
  readonly #sink: DiagnosticSink;

  constructor(bindings: Bindings, sink: DiagnosticSink) {
    this.#bindings = bindings;
    this.#sink = sink;
  }

  statement(statement: Statement, inLoop: boolean, current: FunctionSymbol | undefined): void {
    const { kind } = statement;
    if ((kind === 'break' || kind === 'continue') && !inLoop) {
      this.#report('jump-outside-loop', `cannot '${kind}' outside loop`, statement.token);
    } else if (kind === 'delete' && isBucket(statement.operand)) {
      this.#report('delete-bucket', 'cannot delete histogram bucket entries', bucketToken(statement.operand));
    } else if (kind === 'return' && statement.value && current?.returnType === 'unknown') {
      const value = statement.value.token;
      this.#report('return-type', 'return value type unsupported', value);
    }
    for (const expression of statementExpressions(statement)) this.expression(expression);
    const loop = inLoop || kind === 'for' || kind === 'foreach';
    for (const child of childStatements(statement)) this.statement(child, loop, current);
  }

  expression(expression: Expression): void {
    visitExpression(expression, {
      expression: (node) => {
        this.#node(node);
        return true;
      },
    });
  }

  #node(node: Expression): void {
    if (node.kind === 'update') {
      const { operand } = node;
      if (isBucket(operand))
        this.#report('assign-bucket', 'cannot assign to histogram buckets', bucketToken(operand));
      else if (operand.kind !== 'variable' && operand.kind !== 'index')
        this.#report('invalid-lvalue', 'invalid lvalue type', operand.token);
    } else if (node.kind === 'print') {
      if (node.args.length > MAX_PRINT_VALUES)
        this.#report(
          'too-many-print-arguments',
          `too many arguments to print (${node.args.length})`,
          node.token,
        );
      for (const argument of node.args) {
        if (typeOf(argument, this.#bindings) === 'stats')
          this.#report(
            'print-statistic',
            'print format actual argument evaluation type unsupported',
            argument.token,
          );
      }
    }
  }

  #report(code: string, message: string, token: Statement['token']): void {
    this.#sink.report(translationError(code, message, token));
  }
}

function isBucket(expression: Expression): boolean {
  return expression.kind === 'index' && expression.base.kind === 'histogram';
}

function bucketToken(expression: Expression): Statement['token'] {
  return expression.kind === 'index' ? expression.base.token : expression.token;
}
