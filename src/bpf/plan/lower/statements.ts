import type { Expression } from '../../../ast/expression.ts';
import type { Delete, For, Statement } from '../../../ast/statement.ts';
import { constant, constantValue, negation } from '../fold.ts';
import { assignmentEffect, updateEffect } from './assignments.ts';
import { callValue } from './calls.ts';
import { refuse } from './cannot-lower.ts';
import { textPart, type HandlerScope } from './handler-scope.ts';
import { printStatement } from './prints.ts';
import { lowerKeys, lowerLong } from './operands.ts';

/** A statement that does not leave the body. */
export function lowerStatement(scope: HandlerScope, statement: Statement): void {
  scope.at(statement.token);
  if (statement.kind !== 'block' && statement.kind !== 'null') scope.actions += 1;
  switch (statement.kind) {
    case 'null':
      return;
    case 'block':
      for (const child of statement.statements) lowerStatement(scope, child);
      return;
    case 'expression-statement':
      lowerEffect(scope, statement.expression);
      return;
    case 'if': {
      const { consequent, alternate } = statement;
      const condition = lowerLong(scope, statement.condition);
      const known = constantValue(condition);
      if (known !== undefined) {
        const taken = known === 0 ? alternate : consequent;
        if (taken !== undefined) lowerStatement(scope, taken);
        return;
      }
      const then = scope.branch(() => lowerStatement(scope, consequent));
      const otherwise = alternate ? scope.branch(() => lowerStatement(scope, alternate)) : [];
      scope.at(statement.token);
      scope.emit({ kind: 'if', condition, then, else: otherwise });
      return;
    }
    case 'for':
      loop(scope, statement);
      return;
    case 'delete':
      deletion(scope, statement);
      return;
    case 'break':
    case 'continue':
      scope.emit({ kind: statement.kind });
      return;
    case 'foreach':
      return refuse('goes through an array (foreach)');
    case 'try':
      return refuse('handles errors (try)');
    case 'return':
    case 'next':
      return refuse(`leaves a loop by ${statement.kind}`);
  }
}

/** An expression whose value nobody wants. */
function lowerEffect(scope: HandlerScope, expression: Expression): void {
  switch (expression.kind) {
    case 'assignment':
      assignmentEffect(scope, expression);
      return;
    case 'update':
      updateEffect(scope, expression);
      return;
    case 'call':
      callValue(scope, expression, false);
      return;
    case 'print':
      printStatement(scope, expression);
      return;
    default: {
      const value = scope.value(expression);
      if (value.type === 'long') scope.emit({ kind: 'evaluate', value: value.value });
      else if (value.value.kind !== 'literal') scope.kept(value);
    }
  }
}

/** Rounds are limited so that the actions of a handler cannot exceed MAXACTION. */
function loop(scope: HandlerScope, statement: For): void {
  if (scope.loopDepth > 0) refuse('has a loop within a loop');
  if (statement.init !== undefined) lowerStatement(scope, statement.init);
  const before = scope.actions;
  scope.loopDepth += 1;
  const head = scope.collect(() => lowerLong(scope, statement.condition));
  const isPlain = head.statements.length === 0;
  const body = scope.branch(() => {
    if (!isPlain) {
      scope.append(head.statements);
      const place = head.statements[0]?.place ?? '';
      scope.emit({
        kind: 'if',
        condition: negation(head.result),
        then: [{ kind: 'break', place }],
        else: [],
      });
    }
    lowerStatement(scope, statement.body);
  });
  const step = scope.branch(() => {
    if (statement.update !== undefined) lowerStatement(scope, statement.update);
  });
  scope.loopDepth -= 1;
  const actionsOfRound = scope.actions - before + 1;
  scope.actions = before;
  const limit = Math.floor((scope.facts.limits.MAXACTION - before) / actionsOfRound);
  if (limit < 1) refuse('may take more than MAXACTION actions');
  scope.at(statement.token);
  const onLimit = scope.error(statement.token, [textPart('MAXACTION exceeded')]);
  scope.emit({ kind: 'loop', condition: isPlain ? head.result : constant(1), body, step, limit, onLimit });
}

function deletion(scope: HandlerScope, { operand }: Delete): void {
  const { bindings, tables } = scope.facts;
  if (operand.kind === 'variable') {
    const symbol = bindings.variable(operand);
    if ((symbol.arity ?? 0) > 0 || symbol.type === 'stats') return refuse(`deletes ${symbol.name}`);
    if (symbol.scope === 'global')
      scope.emit({ kind: 'set-cell', offset: tables.cell(symbol, 'write'), value: constant(0) });
    else
      scope.assign(
        symbol,
        symbol.type === 'string'
          ? { type: 'string', value: { kind: 'literal', text: '' } }
          : { type: 'long', value: constant(0) },
      );
    return;
  }
  if (operand.kind !== 'index' || operand.base.kind !== 'variable')
    return refuse('deletes what is no variable');
  const symbol = bindings.variable(operand.base);
  const keys = lowerKeys(scope, operand.keys);
  scope.emit({ kind: 'delete-element', global: tables.place(symbol, 'delete', keys), keys });
}
