import type { Expression, Histogram, Print } from '../ast/expression.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { FormatPart } from '../module/format.ts';
import type { BodyWriter } from './body-writer.ts';
import { templateText } from './javascript-text.ts';
import { statisticObject } from './statistics.ts';

type Conversion = Extract<FormatPart, { kind: 'conversion' }>;

/** JavaScript that writes to the script output, or for the s… forms only evaluates the arguments. */
export function printEffect(writer: BodyWriter, expression: Print): string {
  if (expression.toString) return text(writer, expression);
  const histogram = histogramArgument(expression);
  if (histogram !== undefined) {
    const statistic = statisticObject(writer, histogram.operand);
    return `${writer.scope.helper('printHistogram')}(${statistic}, ${writer.at(histogram.token)})`;
  }
  return `${writer.scope.helper('print')}(${text(writer, expression)})`;
}

/** Value of a print expression: the text of the s… forms, cut as strings are; 0 for the others. */
export function printValue(writer: BodyWriter, expression: Print): string {
  if (!expression.toString) return `(${printEffect(writer, expression)}, 0)`;
  return `${writer.scope.helper('clip')}(${text(writer, expression)})`;
}

/** The histogram that is printed; an indexed one is an ordinary value. */
function histogramArgument(expression: Print): Histogram | undefined {
  const [first] = expression.args;
  return first?.kind === 'histogram' ? first : undefined;
}

/** JavaScript of the printed text. */
function text(writer: BodyWriter, expression: Print): string {
  const histogram = histogramArgument(expression);
  if (histogram !== undefined) {
    const statistic = statisticObject(writer, histogram.operand);
    return `${writer.scope.helper('histogram')}(${statistic}, ${writer.at(histogram.token)})`;
  }
  const args = expression.args.map((argument) => writer.value(plain(argument)));
  if (expression.function.endsWith('print_char')) return `${writer.scope.helper('charText')}(${args.join()})`;
  if (expression.parts !== undefined) return formatted(writer, expression, expression.parts, args);
  const delimiter = templateText(expression.delimiter?.value ?? '');
  const items = args.map((argument) => `\${${argument}}`).join(delimiter);
  return `\`${items}${expression.newline ? '\\n' : ''}\``;
}

function formatted(
  writer: BodyWriter,
  expression: Print,
  parts: readonly FormatPart[],
  args: readonly string[],
): string {
  if (parts.every((part) => part.kind === 'text' || isPlain(part))) return template(writer, parts, args);
  const compile = `${writer.scope.helper('compileFormat')}(${JSON.stringify(parts)})`;
  const format = writer.scope.constant('format', compile);
  // Only the memory dumps can fail.
  const dumps = parts.some((part) => part.kind === 'conversion' && /[mM]/.test(part.conversion));
  return `${format}(${[...args, ...(dumps ? [writer.at(expression.token)] : [])].join(', ')})`;
}

/** Conversions that need no layout are written in place. */
function isPlain(part: Conversion): boolean {
  const bare = part.flag === '' && part.width === undefined && part.precision === undefined;
  return bare && /[disucx]/.test(part.conversion);
}

function template(writer: BodyWriter, parts: readonly FormatPart[], args: readonly string[]): string {
  let position = 0;
  const pieces = parts.map((part) => {
    if (part.kind === 'text') return templateText(part.text);
    const argument = args[position] ?? '';
    position += 1;
    return `\${${conversion(writer, part, argument)}}`;
  });
  return `\`${pieces.join('')}\``;
}

function conversion(writer: BodyWriter, part: Conversion, argument: string): string {
  if (part.conversion === 'u') return `${writer.scope.helper('formatUnsigned')}(${argument})`;
  if (part.conversion === 'x') return `${writer.scope.helper('formatHex')}(${argument})`;
  if (part.conversion === 'c') return `${writer.scope.helper('charText')}(${argument})`;
  return argument;
}

function plain(argument: Expression): Expression {
  if (argument.kind === 'histogram') throw new BugError('a histogram among other values');
  return argument;
}
