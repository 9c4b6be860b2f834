import { formatDecimal } from '../int64/numeral.ts';
import type {
  Callee,
  Expression,
  Histogram,
  Print,
  Selector,
  StringLiteral,
  TargetSymbol,
  Variable,
  Wildcard,
} from './expression.ts';
import { tidySpelling } from './string-spelling.ts';

/** How dumps write a name: as in the script, or as a later stage knows it. */
export type NameOf = (leaf: Variable | Callee) => string;

/** The name as written. */
export const writtenName: NameOf = (leaf) => leaf.name;

/** An expression as dumps show it: operands of every operator in parentheses. It parses to the same tree. */
export function printExpression(expression: Expression, nameOf: NameOf = writtenName): string {
  const print = (child: Expression): string => printExpression(child, nameOf);
  switch (expression.kind) {
    case 'number':
      return formatDecimal(expression.value);
    case 'string':
      return printString(expression);
    case 'embedded':
      return `%{${expression.code}%}`;
    case 'variable':
      return nameOf(expression);
    case 'index':
      return `${print(expression.base)}[${printKeys(expression.keys, nameOf)}]`;
    case 'call':
      return `${nameOf(expression.callee)}(${expression.args.map(print).join(', ')})`;
    case 'unary':
      return `${expression.operator}(${print(expression.operand)})`;
    case 'update':
      return expression.prefix
        ? `${expression.operator}(${print(expression.operand)})`
        : `(${print(expression.operand)})${expression.operator}`;
    case 'binary':
    case 'comparison':
    case 'logical':
      return `(${print(expression.left)}) ${expression.operator} (${print(expression.right)})`;
    case 'concatenation':
      return `(${print(expression.left)}) . (${print(expression.right)})`;
    case 'regex':
      return `(${print(expression.left)}) ${expression.operator} ${printString(expression.pattern)}`;
    case 'membership':
      return `[${expression.keys.map((key) => printMember(key, nameOf)).join(', ')}] in ${nameOf(expression.array)}`;
    case 'conditional':
      return `(${print(expression.condition)})?(${print(expression.consequent)}):(${print(expression.alternate)})`;
    case 'assignment':
      return `(${print(expression.target)}) ${expression.operator} (${print(expression.value)})`;
    case 'print':
      return printPrint(expression, nameOf);
    default:
      return printOperatorWord(expression, nameOf);
  }
}

type OperatorWord = Extract<
  Expression,
  {
    kind:
      | 'statistic'
      | 'histogram'
      | 'target'
      | 'atvar'
      | 'cast'
      | 'autocast'
      | 'defined'
      | 'probewrite'
      | 'entry'
      | 'perf'
      | 'const'
      | 'enum'
      | 'enumname'
      | 'register'
      | 'dereference';
  }
>;

function printOperatorWord(expression: OperatorWord, nameOf: NameOf): string {
  const print = (child: Expression): string => printExpression(child, nameOf);
  switch (expression.kind) {
    case 'statistic': {
      const shift = expression.shift === 0 ? '' : `, ${formatDecimal(expression.shift)}`;
      return `@${expression.function}(${print(expression.operand)}${shift})`;
    }
    case 'histogram':
      return printHistogram(expression, nameOf);
    case 'target':
      return printTarget(expression, expression.name, nameOf);
    case 'atvar':
      return printTarget(expression, `@var(${printStrings([expression.name, expression.module])})`, nameOf);
    case 'cast': {
      const types = printStrings([expression.type, expression.module]);
      return printTarget(expression, `@cast(${print(expression.operand)}, ${types})`, nameOf);
    }
    case 'autocast':
      return printTarget(expression, `(${print(expression.operand)})`, nameOf);
    case 'defined':
    case 'entry':
      return `@${expression.kind}(${print(expression.operand)})`;
    case 'probewrite':
      return `@probewrite(${expression.name})`;
    case 'perf':
      return `@perf(${printString(expression.counter)})`;
    case 'const':
      return `@const(${printString(expression.code)})`;
    case 'enum':
      return `@enum(${printString(expression.name)})`;
    case 'enumname': {
      const types = printStrings([expression.type, expression.module]);
      return `@enumname(${print(expression.operand)}${types === '' ? '' : `, ${types}`})`;
    }
    case 'register':
      return `@${expression.userspace ? 'u' : 'k'}register(${formatDecimal(expression.number)})`;
    case 'dereference': {
      const operands = `${formatDecimal(expression.size)}, ${print(expression.address)}`;
      return `@${expression.userspace ? 'u' : 'k'}deref(${operands})`;
    }
  }
}

/** A string literal with its quotes. */
export function printString(literal: StringLiteral): string {
  return `"${tidySpelling(literal.raw)}"`;
}

/** Array keys separated by commas, without the brackets. */
export function printKeys(keys: readonly (Expression | Wildcard)[], nameOf: NameOf): string {
  return keys.map((key) => (key.kind === 'wildcard' ? '*' : printExpression(key, nameOf))).join(', ');
}

/** A key before `in`: the grammar takes only comparisons and tighter operators there. */
function printMember(key: Expression | Wildcard, nameOf: NameOf): string {
  const text = printKeys([key], nameOf);
  switch (key.kind) {
    case 'assignment':
    case 'conditional':
    case 'logical':
    case 'membership':
      return `(${text})`;
    case 'binary':
      return key.operator === '&' || key.operator === '^' || key.operator === '|' ? `(${text})` : text;
    default:
      return text;
  }
}

function printStrings(literals: readonly (StringLiteral | undefined)[]): string {
  return literals
    .filter((literal) => literal !== undefined)
    .map(printString)
    .join(', ');
}

function printHistogram({ function: shape, operand, low, high, width }: Histogram, nameOf: NameOf): string {
  const parameters = shape === 'log' ? [] : [low, high, width].map(formatDecimal);
  return `@hist_${shape}(${[printExpression(operand, nameOf), ...parameters].join(', ')})`;
}

function printPrint(expression: Print, nameOf: NameOf): string {
  const { format, delimiter, args } = expression;
  const literals = [format, delimiter].filter((literal) => literal !== undefined).map(printString);
  return `${expression.function}(${[...literals, ...args.map((arg) => printExpression(arg, nameOf))].join(', ')})`;
}

type TargetSuffix = Pick<TargetSymbol, 'selectors' | 'addressOf' | 'pretty'>;

function printTarget({ selectors, addressOf, pretty }: TargetSuffix, base: string, nameOf: NameOf): string {
  const suffix = selectors.map((selector) => printSelector(selector, nameOf)).join('');
  return `${addressOf ? '&' : ''}${base}${suffix}${pretty === '' ? '' : `->${pretty}`}`;
}

function printSelector(selector: Selector, nameOf: NameOf): string {
  return selector.kind === 'member' ? `->${selector.name}` : `[${printExpression(selector.index, nameOf)}]`;
}
