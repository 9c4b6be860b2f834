import type { Expression, RegexQuery, Unary } from '../ast/expression.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import { arithmetic } from './arithmetic.ts';
import { elementRead, membership } from './arrays.ts';
import { assignment, update } from './assignments.ts';
import type { BodyWriter } from './body-writer.ts';
import { call } from './calls.ts';
import { clippedLiteral, longLiteral, stringLiteral } from './javascript-text.ts';
import { printEffect, printValue } from './print.ts';
import { statisticValue } from './statistics.ts';

/** JavaScript of an expression's value: a long or a string. Atomic or in parentheses. */
export function value(writer: BodyWriter, expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return longLiteral(expression.value);
    case 'string':
      return clippedLiteral(expression.value, writer.scope.options.limits.MAXSTRINGLEN);
    case 'variable':
      return writer.variable(writer.scope.bindings.variable(expression));
    case 'index':
      return elementRead(writer, expression);
    case 'call':
      return call(writer, expression, true);
    case 'unary':
      return unary(writer, expression);
    case 'update':
      return update(writer, expression, true);
    case 'assignment':
      return assignment(writer, expression, true);
    case 'binary':
      return arithmetic(writer, expression.operator, {
        left: value(writer, expression.left),
        right: value(writer, expression.right),
        at: () => writer.at(expression.token),
      });
    case 'concatenation': {
      const left = value(writer, expression.left);
      return `${writer.scope.helper('concat')}(${left}, ${value(writer, expression.right)})`;
    }
    case 'comparison':
    case 'logical':
    case 'membership':
    case 'regex':
      return `(${condition(writer, expression)} ? 1 : 0)`;
    case 'conditional': {
      const test = condition(writer, expression.condition);
      const consequent = value(writer, expression.consequent);
      return `(${test} ? ${consequent} : ${value(writer, expression.alternate)})`;
    }
    case 'statistic':
      return statisticValue(writer, expression);
    case 'print':
      return printValue(writer, expression);
    default:
      throw new BugError(`a ${expression.kind} expression reached the translation`);
  }
}

/** JavaScript that is truthy exactly when the expression is not 0. Atomic or in parentheses. */
export function condition(writer: BodyWriter, expression: Expression): string {
  switch (expression.kind) {
    case 'comparison': {
      const left = value(writer, expression.left);
      return `(${left} ${comparisonOperator(expression.operator)} ${value(writer, expression.right)})`;
    }
    case 'logical': {
      const left = condition(writer, expression.left);
      return `(${left} ${expression.operator} ${condition(writer, expression.right)})`;
    }
    case 'unary':
      if (expression.operator === '!') return `!${condition(writer, expression.operand)}`;
      return value(writer, expression);
    case 'membership':
      return membership(writer, expression);
    case 'regex':
      return regexQuery(writer, expression);
    default:
      return value(writer, expression);
  }
}

/** JavaScript of an expression whose value nobody wants. */
export function effect(writer: BodyWriter, expression: Expression): string {
  switch (expression.kind) {
    case 'update':
      return update(writer, expression, false);
    case 'assignment':
      return assignment(writer, expression, false);
    case 'print':
      return printEffect(writer, expression);
    case 'call':
      return call(writer, expression, false);
    default:
      return value(writer, expression);
  }
}

function unary(writer: BodyWriter, expression: Unary): string {
  switch (expression.operator) {
    case '+':
      return value(writer, expression.operand);
    case '-':
      return `${writer.scope.helper('neg')}(${value(writer, expression.operand)})`;
    case '~':
      return `${writer.scope.helper('not')}(${value(writer, expression.operand)})`;
    case '!':
      return `(${condition(writer, expression.operand)} ? 0 : 1)`;
  }
}

function comparisonOperator(operator: string): string {
  if (operator === '==') return '===';
  return operator === '!=' ? '!==' : operator;
}

function regexQuery(writer: BodyWriter, expression: RegexQuery): string {
  writer.scope.usesRegex = true;
  const matcher = writer.scope.helper('matcher');
  const name = writer.scope.constant('regex', `${matcher}(${stringLiteral(expression.pattern.value)})`);
  const match = `${name}(${value(writer, expression.left)})`;
  return expression.operator === '=~' ? match : `!${match}`;
}
