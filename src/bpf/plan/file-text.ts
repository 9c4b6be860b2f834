import type { Expression, Print } from '../../ast/expression.ts';
import type { FormatPart } from '../../module/format.ts';
import { typeOf } from '../../semantic/expression-type.ts';
import type { CheckedProgram, DerivedProbe, VariableSymbol } from '../../semantic/program.ts';
import type { FileSource, LongExpression } from '../ir.ts';
import { binary, conditional, constant, constantValue, logical, negation, unary } from './fold.ts';
import { refuse } from './lower/cannot-lower.ts';

/** Most letters of a long by conversion. */
const MOST_LETTERS = { d: 20, i: 20, u: 20, x: 16, X: 16 } as const;
type Conversion = Extract<FormatPart, { kind: 'conversion' }>;

/** What a read handler puts into its file. */
export interface FileText extends Pick<FileSource, 'parts' | 'arguments'> {
  /** Globals that it shows, in the order of the locals that stand for them. */
  readonly shown: readonly VariableSymbol[];
  /** Most bytes that it may have. */
  readonly mostBytes: number;
}

/**
 * The text that a read handler makes of globals, when that is all it does. Throws `CannotLower` with what else it does, as
 * `calls strlen`.
 */
export function fileText({ body }: DerivedProbe, { bindings }: CheckedProgram): FileText {
  let parts: FormatPart[] = [];
  let values: LongExpression[] = [];
  const shown: VariableSymbol[] = [];

  const text = (content: string): void => {
    if (content.includes('\0')) refuse('writes a NUL');
    parts.push({ kind: 'text', text: content });
  };
  const value = (expression: Expression, conversion: Conversion): void => {
    parts.push(conversion);
    values.push(long(expression));
  };

  function long(expression: Expression): LongExpression {
    switch (expression.kind) {
      case 'number':
        return constant(expression.value);
      case 'variable':
        return shownGlobal(bindings.variable(expression));
      case 'unary': {
        const operand = long(expression.operand);
        if (expression.operator === '+') return operand;
        return expression.operator === '!' ? negation(operand) : unary(expression.operator, operand);
      }
      case 'binary': {
        const [left, right] = [long(expression.left), long(expression.right)];
        const divides = expression.operator === '/' || expression.operator === '%';
        if (divides && (constantValue(right) ?? 0) === 0) return refuse('may divide by 0');
        return binary(expression.operator, left, right);
      }
      case 'comparison':
        if (typeOf(expression.left, bindings) !== 'long') return refuse('compares strings');
        return binary(expression.operator, long(expression.left), long(expression.right));
      case 'logical':
        return logical(expression.operator, long(expression.left), long(expression.right));
      case 'conditional':
        return conditional(
          long(expression.condition),
          long(expression.consequent),
          long(expression.alternate),
        );
      case 'call':
        return refuse(`calls ${expression.callee.name}`);
      case 'statistic':
        return refuse('reads a statistic');
      case 'index':
      case 'membership':
        return refuse('reads an array');
      default:
        return refuse('does more than to show numbers');
    }
  }

  function shownGlobal(symbol: VariableSymbol): LongExpression {
    if (symbol.scope !== 'global') return refuse(`uses the local ${symbol.name}`);
    const known = shown.indexOf(symbol);
    return { kind: 'local', slot: known >= 0 ? known : shown.push(symbol) - 1 };
  }

  /** Adds what a string expression stands for. */
  function string(expression: Expression): void {
    switch (expression.kind) {
      case 'string':
        text(expression.value);
        return;
      case 'concatenation':
        string(expression.left);
        string(expression.right);
        return;
      case 'print':
        if (!expression.toString) return refuse('prints');
        printed(expression);
        return;
      default:
        refuse(
          expression.kind === 'call'
            ? `calls ${expression.callee.name}`
            : 'makes its text of more than numbers',
        );
    }
  }

  function printed({ parts: format, args, delimiter, newline, function: name }: Print): void {
    if (name.endsWith('print_char')) refuse('prints letters by number');
    const list = args.map((arg) => (arg.kind === 'histogram' ? refuse('prints a histogram') : arg));
    if (format !== undefined) {
      for (const part of format) {
        if (part.kind === 'text') text(part.text);
        else argument(list.shift(), part);
      }
      return;
    }
    for (const [index, arg] of list.entries()) {
      if (index > 0 && delimiter !== undefined) text(delimiter.value);
      argument(arg, {
        kind: 'conversion',
        conversion: 'd',
        flag: '',
        width: undefined,
        precision: undefined,
      });
    }
    if (newline) text('\n');
  }

  function argument(expression: Expression | undefined, conversion: Conversion): void {
    if (expression === undefined) return refuse('lacks an argument');
    const { width, precision, flag } = conversion;
    const isPlain = width === undefined && precision === undefined;
    if (typeOf(expression, bindings) === 'string') {
      if (!isPlain) return refuse('gives a string a width');
      string(expression);
      return;
    }
    const isSigned = conversion.conversion === 'd' || conversion.conversion === 'i';
    const isKnown = conversion.conversion in MOST_LETTERS && precision === undefined && width !== '*';
    if (!isKnown || flag === '#' || (!isSigned && (flag === '+' || flag === ' ')))
      return refuse(
        `formats by %${flag}${width ?? ''}${precision === undefined ? '' : '.'}${conversion.conversion}`,
      );
    value(expression, conversion);
  }

  for (const statement of body.statements) {
    if (statement.kind === 'null') continue;
    const call = statement.kind === 'expression-statement' ? statement.expression : undefined;
    const [symbol] = call?.kind === 'call' ? bindings.functions(call.callee) : [];
    const name = symbol?.body.kind === 'intrinsic' ? symbol.body.name : '';
    if (call?.kind !== 'call' || !/^procfs_value_(set|append)$/.test(name))
      return refuse('does more than to set $value');
    if (name === 'procfs_value_set') [parts, values] = [[], []];
    const [content] = call.args;
    if (content !== undefined) string(content);
  }
  return { parts, arguments: values, shown, mostBytes: mostBytes(parts) };
}

function mostBytes(parts: readonly FormatPart[]): number {
  return parts.reduce((sum, part) => {
    if (part.kind === 'text') return sum + part.text.length;
    const letters = MOST_LETTERS[part.conversion as keyof typeof MOST_LETTERS];
    return sum + Math.max(letters, typeof part.width === 'number' ? part.width : 0);
  }, 0);
}
