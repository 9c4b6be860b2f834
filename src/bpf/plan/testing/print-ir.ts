import type { KernelStatement, KernelValue, LongExpression, StringExpression } from '../../ir.ts';

/** An expression as C would have it, calls for what C has not: `*4(arg0 + 8)`, `array0[tid]`. */
export function expressionText(expression: LongExpression | StringExpression): string {
  switch (expression.kind) {
    case 'constant':
      return `${expression.value}`;
    case 'literal':
      return JSON.stringify(expression.text);
    case 'argument':
      return `arg${expression.index}`;
    case 'syscall-argument':
      return `syscall${expression.index}`;
    case 'register':
      return `register${expression.number}`;
    case 'fact':
      return expression.fact;
    case 'local':
      return `x${expression.slot}`;
    case 'local-string':
      return `s${expression.slot}`;
    case 'cell':
      return `cell${expression.offset}`;
    case 'read':
      return `*${expression.size}(${expressionText(expression.address)})`;
    case 'read-string':
      return `text(${expressionText(expression.address)}, ${expression.size})`;
    case 'unary':
      return `${expression.operator}${expressionText(expression.operand)}`;
    case 'binary':
    case 'logical':
    case 'compare-strings':
      return `(${expressionText(expression.left)} ${expression.operator} ${expressionText(expression.right)})`;
    case 'conditional':
    case 'string-conditional':
      return `(${expressionText(expression.condition)} ? ${expressionText(expression.consequent)} : ${expressionText(expression.alternate)})`;
    case 'element':
    case 'string-element':
      return `array${expression.global}[${valuesText(expression.keys)}]`;
    case 'contains':
      return `[${valuesText(expression.keys)}] in array${expression.global}`;
    case 'string-length':
      return `length(${expressionText(expression.operand)})`;
    default:
      return expression.kind;
  }
}

/** Statements one after the other, `; ` between. */
export function statementsText(statements: readonly KernelStatement[]): string {
  return statements.map(statementText).join('; ');
}

function statementText(statement: KernelStatement): string {
  switch (statement.kind) {
    case 'set-local':
      return `x${statement.slot} = ${expressionText(statement.value)}`;
    case 'set-local-string':
      return `s${statement.slot} = ${expressionText(statement.value)}`;
    case 'set-cell':
      return `cell${statement.offset} = ${expressionText(statement.value)}`;
    case 'add-cell':
      return `cell${statement.offset} += ${expressionText(statement.amount)}`;
    case 'set-element':
      return `array${statement.global}[${valuesText(statement.keys)}] = ${expressionText(statement.value.value)}`;
    case 'add-element':
      return `array${statement.global}[${valuesText(statement.keys)}] += ${expressionText(statement.amount)}`;
    case 'delete-element':
      return `delete array${statement.global}[${valuesText(statement.keys)}]`;
    case 'aggregate':
      return `array${statement.global}[${valuesText(statement.keys)}] <<< ${expressionText(statement.value)}`;
    case 'evaluate':
      return expressionText(statement.value);
    case 'if': {
      const otherwise = statement.else.length === 0 ? '' : ` else { ${statementsText(statement.else)} }`;
      return `if ${expressionText(statement.condition)} { ${statementsText(statement.then)} }${otherwise}`;
    }
    case 'loop':
      return `loop ${expressionText(statement.condition)} { ${statementsText(statement.body)} | ${statementsText(statement.step)} }`;
    case 'print':
    case 'fail': {
      const number = statement.kind === 'print' ? statement.print : statement.error;
      return `${statement.kind}${number}(${valuesText(statement.arguments)})`;
    }
    case 'break':
    case 'continue':
    case 'next':
    case 'exit':
      return statement.kind;
  }
}

function valuesText(values: readonly KernelValue[]): string {
  return values.map(({ value }) => expressionText(value)).join(', ');
}
