import type { Expression } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import { childExpressions, childStatements, statementExpressions } from '../ast/walk.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { bodiesOfProbes, forEachScriptFunction, type Draft } from './draft.ts';
import { semanticError } from './messages.ts';
import type { VariableSymbol } from './program.ts';
import { CallEffects, variableOf } from './usage.ts';

/** Reports elements of an array that are changed while a foreach walks it, here or in a function called from the body. */
export function checkForeachModification(draft: Draft, sink: DiagnosticSink): void {
  const check = new ModificationCheck(draft, sink);
  forEachScriptFunction(draft, (_, body) => check.statement(body.block));
  for (const { body } of bodiesOfProbes(draft)) check.statement(body);
}

class ModificationCheck {
  readonly #draft: Draft;
  readonly #sink: DiagnosticSink;
  readonly #effects: CallEffects;
  /** Arrays of the loops around the current place, with how many of them walk it. */
  readonly #walked = new Map<VariableSymbol, number>();

  constructor(draft: Draft, sink: DiagnosticSink) {
    this.#draft = draft;
    this.#sink = sink;
    this.#effects = new CallEffects(draft);
  }

  statement(statement: Statement): void {
    if (statement.kind === 'foreach') {
      const { base } = statement;
      const leaf = base.kind === 'variable' ? base : variableOf(base.operand);
      const array = leaf && this.#draft.symbols.variable(leaf);
      if (array) this.#walked.set(array, (this.#walked.get(array) ?? 0) + 1);
      this.statement(statement.body);
      if (array) this.#leave(array);
      return;
    }
    if (this.#walked.size > 0) {
      if (statement.kind === 'delete' && statement.operand.kind === 'index')
        this.#modified(statement.operand);
      for (const expression of statementExpressions(statement)) this.#expression(expression);
    }
    for (const child of childStatements(statement)) this.statement(child);
  }

  #leave(array: VariableSymbol): void {
    const count = (this.#walked.get(array) ?? 1) - 1;
    if (count === 0) this.#walked.delete(array);
    else this.#walked.set(array, count);
  }

  #expression(expression: Expression): void {
    if (expression.kind === 'assignment') this.#modified(expression.target);
    else if (expression.kind === 'update') this.#modified(expression.operand);
    else if (expression.kind === 'call') {
      for (const callee of this.#draft.symbols.functions(expression.callee)) {
        for (const array of this.#walked.keys()) {
          if (!this.#effects.writes(callee, array)) continue;
          const message = `function call modifies var '${array.name}' during 'foreach' iteration`;
          this.#sink.report(semanticError('foreach-call-modifies', message, expression.token));
        }
      }
    }
    for (const child of childExpressions(expression)) this.#expression(child);
  }

  #modified(target: Expression): void {
    const leaf = variableOf(target);
    if (leaf === undefined) return;
    const variable = this.#draft.symbols.variable(leaf);
    if (!this.#walked.has(variable)) return;
    const message = `variable '${variable.name}' modified during 'foreach' iteration`;
    this.#sink.report(semanticError('foreach-modifies', message, leaf.token));
  }
}
