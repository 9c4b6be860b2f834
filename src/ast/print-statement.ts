import { printExpression, printKeys, writtenName, type NameOf } from './print-expression.ts';
import type { Block, For, Foreach, Statement } from './statement.ts';

/**
 * A statement as dumps show it, without the `;` that the enclosing block adds. `while` shows as `for`, and
 * the blocks of `try` in braces of their own.
 */
export function printStatement(statement: Statement, nameOf: NameOf = writtenName): string {
  switch (statement.kind) {
    case 'block':
      return printBlock(statement, nameOf);
    case 'null':
      return ';';
    case 'expression-statement':
      return printExpression(statement.expression, nameOf);
    case 'if': {
      const head = `if (${printExpression(statement.condition, nameOf)}) `;
      const alternate = statement.alternate ? `else ${printStatement(statement.alternate, nameOf)}\n` : '';
      return `${head}${printStatement(statement.consequent, nameOf)}\n${alternate}`;
    }
    case 'for':
      return printFor(statement, nameOf);
    case 'foreach':
      return printForeach(statement, nameOf);
    case 'try': {
      const error = statement.error ? `(${nameOf(statement.error)}) ` : '';
      const body = printBlock(statement.body, nameOf);
      return `try {\n${body}\n} catch ${error}{\n${printBlock(statement.handler, nameOf)}\n}\n`;
    }
    case 'return':
      return statement.value ? `return ${printExpression(statement.value, nameOf)}` : 'return';
    case 'delete':
      return `delete ${printExpression(statement.operand, nameOf)}`;
    case 'next':
    case 'break':
    case 'continue':
      return statement.kind;
  }
}

/** `{`, one statement per line ending in `;`, `}`; no newline at the end. */
export function printBlock(block: Block, nameOf: NameOf = writtenName): string {
  return `{\n${block.statements.map((statement) => `${printStatement(statement, nameOf)};\n`).join('')}}`;
}

function printFor(statement: For, nameOf: NameOf): string {
  const init = statement.init ? printStatement(statement.init, nameOf) : '';
  const update = statement.update ? printStatement(statement.update, nameOf) : '';
  const head = `for (${init}; ${printExpression(statement.condition, nameOf)}; ${update}) `;
  return head + printStatement(statement.body, nameOf);
}

function printForeach(statement: Foreach, nameOf: NameOf): string {
  const { keys, value, base, slice, sort, limit } = statement;
  const mark = sort?.ascending === true ? '+' : '-';
  const marked = keys.map((key, position) => nameOf(key) + (sort?.by === position ? mark : ''));
  const aggregate = sort?.aggregate === undefined ? '' : ` @${sort.aggregate}`;
  const head =
    (value ? `${nameOf(value)} = ` : '') +
    `[${marked.join(', ')}] in ${printExpression(base, nameOf)}` +
    (slice ? `[${printKeys(slice, nameOf)}]` : '') +
    (sort?.by === 'value' ? aggregate + mark : '') +
    (limit ? ` limit ${printExpression(limit, nameOf)}` : '');
  return `foreach (${head}) ${printStatement(statement.body, nameOf)}`;
}
