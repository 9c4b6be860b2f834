import type { Expression, Histogram, Print } from '../../../ast/expression.ts';
import type { FormatPart } from '../../../module/format.ts';
import type { KernelValue } from '../../ir.ts';
import { refuse } from './cannot-lower.ts';
import { conversionPart, textPart, type HandlerScope } from './handler-scope.ts';
import { lowerValues } from './operands.ts';

/** A print statement: its text is made when the record comes, of the arguments as they were. */
export function printStatement(scope: HandlerScope, expression: Print): void {
  if (expression.toString) refuse(`calls ${expression.function}`);
  const args = lowerValues(scope, expression.args.map(plain));
  const parts = expression.parts ?? unformatted(expression, args);
  if (parts.some((part) => part.kind === 'conversion' && /[mM]/.test(part.conversion)))
    refuse('prints memory (%m)');
  const print = scope.facts.tables.print({
    probe: scope.facts.probe,
    parts,
    arguments: args.map(({ type }) => type),
  });
  scope.emit({ kind: 'print', print, arguments: args });
}

/** What print, println, printd and their like do, as a format. */
function unformatted(expression: Print, args: readonly KernelValue[]): readonly FormatPart[] {
  const isCharacter = expression.function.endsWith('print_char');
  const parts: FormatPart[] = [];
  for (const { type } of args) {
    if (parts.length > 0 && expression.delimiter) parts.push(textPart(expression.delimiter.value));
    parts.push(conversionPart(isCharacter ? 'c' : type === 'long' ? 'd' : 's'));
  }
  if (expression.newline) parts.push(textPart('\n'));
  return parts;
}

function plain(argument: Expression | Histogram): Expression {
  return argument.kind === 'histogram' ? refuse('prints a histogram') : argument;
}
