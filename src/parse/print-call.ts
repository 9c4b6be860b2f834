import type { Expression, Histogram, Print, StringLiteral } from '../ast/expression.ts';
import type { FormatPart } from '../module/format.ts';
import type { Token } from '../source/token.ts';
import { parseFormat } from './format-string.ts';
import { parseString } from './literal.ts';
import type { Parser } from './parser.ts';
import { isHistogramWord, parseBucketIndex, parseHistogram } from './statistic.ts';

/** What a member of the print family takes first. */
interface PrintForm {
  readonly toString: boolean;
  readonly newline: boolean;
  readonly leading: 'format' | 'delimiter' | 'none';
  /** Values needed after the format or delimiter. */
  readonly atLeast: number;
  readonly takesHistogram: boolean;
}

const PRINT_FORMS: ReadonlyMap<string, PrintForm> = new Map(
  ['print', 'println', 'printf', 'printd', 'printdln'].flatMap((name): [string, PrintForm][] => [
    [name, printForm(name, false)],
    [`s${name}`, printForm(name, true)],
  ]),
).set('print_char', { ...printForm('print', false), takesHistogram: false });

function printForm(name: string, toString: boolean): PrintForm {
  const newline = name.endsWith('ln');
  const leading = name === 'printf' ? 'format' : name.startsWith('printd') ? 'delimiter' : 'none';
  const atLeast = leading === 'delimiter' ? 2 : leading === 'none' && !newline ? 1 : 0;
  return { toString, newline, leading, atLeast, takesHistogram: leading === 'none' };
}

/** True for print, printf, sprintln, print_char and so on: always built in, whatever functions there are. */
export function isPrintFunction(name: string): boolean {
  return PRINT_FORMS.has(name);
}

/** The parenthesised part of a print call; `token` is its name, already taken. */
export function parsePrint(parser: Parser, token: Token): Print {
  const form = PRINT_FORMS.get(token.text);
  if (form === undefined) throw parser.failure('expected-value');
  parser.expectOperator('(');
  const { toString, newline } = form;
  const start = { kind: 'print', function: token.text, toString, newline } as const;
  const first = parser.peek();
  if (form.takesHistogram && first?.kind === 'operator' && isHistogramWord(first.text)) {
    const args = parseHistogramArguments(parser);
    parser.expectOperator(')');
    return { ...start, args, token };
  }
  if (form.leading === 'none') {
    const args = parseValues(parser, form.atLeast, false);
    parser.expectOperator(')');
    return { ...start, args, token };
  }
  const literal = parseString(parser, 'expected-literal-string');
  const parts = form.leading === 'format' ? parseParts(parser, literal) : undefined;
  const args = parseValues(parser, form.atLeast, true);
  parser.expectOperator(')');
  if (parts === undefined) return { ...start, delimiter: literal, args, token };
  return { ...start, format: literal, parts, args, token };
}

function parseParts(parser: Parser, format: StringLiteral): readonly FormatPart[] {
  // The message shows the token behind the format.
  parser.peek();
  const parts = parseFormat(format.value);
  if (typeof parts === 'string') throw parser.failure(parts);
  return parts;
}

/** A whole histogram alone, or one of its buckets and more values. */
function parseHistogramArguments(parser: Parser): (Expression | Histogram)[] {
  const histogram = parseHistogram(parser, parser.next());
  if (!parser.peekOperator('[')) return [histogram];
  const args: Expression[] = [parseBucketIndex(parser, histogram)];
  while (!parser.peekOperator(')')) {
    parser.expectOperator(',');
    args.push(parser.expression());
  }
  return args;
}

function parseValues(parser: Parser, atLeast: number, afterLiteral: boolean): Expression[] {
  const args: Expression[] = [];
  let separated = !afterLiteral;
  while (args.length < atLeast || !parser.peekOperator(')')) {
    if (!separated) {
      parser.next();
      if (!parser.lastIsOperator(',') && !parser.lastIsOperator(')'))
        throw parser.failure('expected-print-separator');
    }
    args.push(parser.expression());
    separated = false;
  }
  return args;
}
