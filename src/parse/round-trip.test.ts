import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printScript } from '../ast/print-script.ts';
import type { Block, Statement } from '../ast/statement.ts';
import { rewriteBlock } from '../ast/walk.ts';
import { parseCorrect, parseText } from './testing/parse-text.ts';

const GURU = { guru: true } as const;

/** The dump writes `while` as `for`, adds `;` after statements and braces inside try: none of that matters. */
function essence(body: Block): Block {
  return rewriteBlock(body, {
    statement: (statement): Statement | undefined => {
      if (statement.kind === 'null') return undefined;
      if (statement.kind === 'for') return { ...statement, keyword: 'for' };
      if (statement.kind !== 'try') return statement;
      return { ...statement, body: unwrap(statement.body), handler: unwrap(statement.handler) };
    },
  });
}

function unwrap(block: Block): Block {
  const [only, ...others] = block.statements;
  return only?.kind === 'block' && others.length === 0 ? unwrap(only) : block;
}

/** Everything about a file but its tokens and the spelling of strings. */
function meaning(text: string): unknown {
  const file = parseCorrect(text, GURU);
  const isBlock = (value: unknown): value is Block =>
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'block';
  const keep = (key: string, value: unknown): unknown => {
    if (key === 'token' || key === 'source' || key === 'raw') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    return (key === 'body' || key === 'epilogue') && isBlock(value) ? essence(value) : value;
  };
  return JSON.parse(JSON.stringify(file, keep));
}

function expectRoundTrip(text: string): void {
  const printed = printScript(parseCorrect(text, GURU), 'complete');
  expect(meaning(printed), printed).toEqual(meaning(text));
}

const name = fc.constantFrom('a', 'b', 'x$y', '_z');
const word = fc.constantFrom('foo', 'if', 'string', 'return', 'x');
const literalString = fc
  .array(fc.constantFrom('a', ' ', '\\n', '\\"', '\\\\', '\\x41', '\\7', '\\q', '\xe9', '1', '%%', '#'), {
    maxLength: 5,
  })
  .map((parts) => `"${parts.join('')}"`);
const glued = fc.array(literalString, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' '));
const number = fc.oneof(
  fc.nat(300).map(String),
  // A number beyond 2^63 is negative, and a minus sign is an operator where it is printed.
  fc.constantFrom('0x7fffffffffffffff', '9007199254740993', '0777'),
);
const binary = fc.constantFrom(
  ...['+', '-', '*', '/', '%', '<<', '>>', '>>>', '&', '|', '^', '&&', '||', '.', '<', '==', '>=', '!='],
);
const assignment = fc.constantFrom('=', '+=', '<<<', '.=', '>>=');
const conversions = fc.constantFrom('"%d\\n"', '"%-5s|%*.*x%%"', '"%c"');

const { expression } = fc.letrec<{ expression: string; list: string; keys: string; suffix: string }>(
  (tie) => ({
    list: fc.array(tie('expression'), { maxLength: 3 }).map((items) => items.join(', ')),
    keys: fc
      .array(fc.oneof(tie('expression'), fc.constant('*')), { minLength: 1, maxLength: 3 })
      .map((items) => items.join(', ')),
    suffix: fc
      .tuple(
        fc.array(
          fc.oneof(
            word.map((member) => `->${member}`),
            tie('expression').map((index) => `[${index}]`),
          ),
          { maxLength: 3 },
        ),
        fc.constantFrom('', '', '->$', '->$$'),
      )
      .map(([selectors, pretty]) => selectors.join('') + pretty),
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      name,
      number,
      glued,
      fc
        .tuple(tie('expression'), binary, tie('expression'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc
        .tuple(tie('expression'), binary, tie('expression'))
        .map(([left, operator, right]) => `((${left}) ${operator} (${right}))`),
      fc.tuple(name, assignment, tie('expression')).map((parts) => `(${parts.join(' ')})`),
      fc
        .tuple(fc.constantFrom('-', '!', '~', '+'), tie('expression'))
        .map(([operator, operand]) => `${operator} (${operand})`),
      fc.tuple(name, fc.constantFrom('++', '--')).map(([operand, operator]) => `(${operand}${operator})`),
      fc.tuple(fc.constantFrom('++', '--'), name).map((parts) => `(${parts.join('')})`),
      fc
        .tuple(tie('expression'), tie('expression'), tie('expression'))
        .map(([c, y, n]) => `((${c}) ? (${y}) : (${n}))`),
      fc.tuple(name, tie('list')).map(([callee, list]) => `${callee}(${list})`),
      fc.tuple(name, tie('keys')).map(([array, keys]) => `${array}[${keys}]`),
      fc
        .tuple(name, tie('keys'))
        .map(([array, keys]) => `([${keys.replaceAll('(', ' (')}] in ${array})`)
        .filter(isAccepted),
      fc
        .tuple(tie('expression'), fc.constantFrom('=~', '!~'), glued)
        .map(([left, operator, pattern]) => `((${left}) ${operator} ${pattern})`),
      fc.constantFrom('$v', '$$vars', '$v$', '$$parms$$'),
      fc.tuple(fc.constantFrom('', '&'), tie('suffix')).map(([address, suffix]) => `(${address}$v${suffix})`),
      fc
        .tuple(fc.constantFrom('', '&'), tie('expression'), glued, tie('suffix'))
        .map(
          ([address, operand, type, suffix]) => `(${address}@cast(${operand}, "t" ${type}, "m")${suffix})`,
        ),
      fc.tuple(glued, tie('suffix')).map(([variable, suffix]) => `@var("v" ${variable})${suffix}`),
      fc.tuple(tie('expression'), tie('suffix')).map(([operand, suffix]) => `((${operand})${suffix})`),
      tie('expression').map((operand) => `@defined(${operand})`),
      tie('expression').map((operand) => `@entry(${operand})`),
      fc.tuple(name, fc.nat(5)).map(([operand, shift]) => `@variance(${operand}, ${shift})`),
      fc
        .tuple(fc.constantFrom('count', 'sum', 'min', 'max', 'avg'), tie('expression'))
        .map(([f, operand]) => `@${f}(${operand})`),
      fc
        .tuple(name, tie('expression'))
        .map(([operand, index]) => `@hist_linear(${operand}, -1, 20, 3)[${index}]`),
      fc
        .tuple(conversions, tie('list'))
        .map(([format, list]) => `sprintf(${format}${list === '' ? '' : `, ${list}`})`),
      fc
        .tuple(literalString, tie('expression'), tie('expression'))
        .map((parts) => `sprintd(${parts.join(', ')})`),
      tie('list').map((list) => `println(${list})`),
      fc.constantFrom(
        'print(@hist_log(a))',
        '@const("C\\n")',
        '%{ c %}',
        '@probewrite(a)',
        '@kderef(8, a)',
        '@enum("e")',
      ),
    ),
  }),
);

function isAccepted(text: string): boolean {
  return parseText(`probe a { ${text} }`, GURU).file !== undefined;
}

const { block } = fc.letrec<{ statement: string; block: string }>((tie) => ({
  block: fc.array(tie('statement'), { maxLength: 4 }).map((statements) => `{ ${statements.join('\n')} }`),
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    expression.map((value) => `${value};`),
    fc.constantFrom(';', 'next;', 'break;', 'continue', 'delete a[1, *];'),
    tie('block'),
    fc.tuple(expression, tie('block')).map(([condition, body]) => `if (${condition}) ${body}`),
    fc
      .tuple(expression, tie('block'), tie('statement'))
      .map(([c, body, other]) => `if (${c}) ${body} else ${other}`),
    fc.tuple(expression, tie('statement')).map(([condition, body]) => `while (${condition}) ${body}`),
    fc.tuple(expression, tie('statement')).map(([update, body]) => `for (a = 1; ; ${update}) ${body}`),
    fc
      .tuple(fc.constantFrom('', 'v = ', 'v- = '), tie('statement'))
      .map(([value, body]) => `foreach (${value}[a, b] in c[1, *] limit 3) ${body}`),
    fc
      .tuple(fc.constantFrom('a+ in c', 'a in c @sum-', 'a in @hist_log(c)'), tie('statement'))
      .map(([head, body]) => `foreach (${head}) ${body}`),
    fc
      .tuple(tie('block'), fc.constantFrom('', '(e) '), tie('block'))
      .map(([body, error, handler]) => `try ${body} catch ${error}${handler}`),
    expression.map((operand) => `delete ${operand};`),
  ),
}));

const component = fc.oneof(word, fc.constantFrom('*', 'a*b', 'a.**', 'a(-3)', 'a("x\\n\\"")', '{a,b(1)}'));
const point = fc
  .tuple(
    fc.array(component, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '?', '!'),
    fc.oneof(
      fc.constant(''),
      expression.map((value) => ` if (${value})`),
    ),
  )
  .map(([components, mark, condition]) => components.join('.') + mark + condition);

const declaration = fc.oneof(
  fc.constantFrom('global a, b%[3]', 'private global c = "x"', 'global d = -5', '%{ top %}'),
  fc.tuple(point, block).map(([where, body]) => `probe ${where} ${body}`),
  fc
    .tuple(component, fc.constantFrom('=', '+='), point, block)
    .map(([alias, operator, where, body]) => `probe ${alias} ${operator} ${where} ${body}`)
    .filter((text) => parseText(text, GURU).file !== undefined),
  fc.tuple(block, block).map(([body, epilogue]) => `probe p = q ${body}, ${epilogue}`),
  fc
    .tuple(fc.constantFrom('', 'private '), fc.constantFrom('', ':string'), fc.constantFrom('', ':2'), block)
    .map(([modifier, type, priority, body]) => `${modifier}function f${type} (a:long, b)${priority} ${body}`),
);

describe('what is printed parses to the same', () => {
  test('expressions', () => {
    fc.assert(
      fc.property(expression, (text) => {
        expectRoundTrip(`probe a { ${text} }`);
      }),
      { numRuns: 300 },
    );
  });
  test('declarations', () => {
    fc.assert(
      fc.property(declaration, (text) => {
        expectRoundTrip(text);
      }),
      { numRuns: 300 },
    );
  });
});

describe('any text is parsed or refused', () => {
  const pieces = fc.constantFrom(
    ...['probe', 'global', 'function', 'if', 'else', 'foreach', 'in', '(', ')', '{', '}', '[', ']', ',', ';'],
    ...[
      '=',
      '+',
      '@define',
      '@a',
      '@count',
      '%(',
      '%)',
      '%?',
      '%:',
      '%{',
      '%}',
      '"',
      '\\',
      'a',
      '1',
      '$',
      '$1',
      '&',
    ],
    ...[
      '->',
      '*',
      '?',
      '.',
      '"x"',
      '==',
      '\n',
      ' ',
      '#',
      '/*',
      '*/',
      '\0',
      '\xff',
      'limit',
      'try',
      'catch',
      'in',
    ],
  );
  const ending = (text: string): void => {
    const { file, diagnostics } = parseText(text, { scriptArguments: ['a b', '"'] });
    expect(file === undefined || diagnostics.every(({ kind }) => kind === 'warning'), text).toBe(true);
    if (file === undefined) expect(diagnostics.length).toBeGreaterThan(0);
    else printScript(file);
  };
  test('random bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => String.fromCharCode(...bytes)),
        ending,
      ),
      {
        numRuns: 500,
      },
    );
  });
  test('random pieces of scripts', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 80 }).map((parts) => parts.join('')),
        ending,
      ),
      {
        numRuns: 1000,
      },
    );
  });
  test('correct scripts with a piece missing or too many', () => {
    const broken = fc.tuple(declaration, fc.nat(), fc.nat(10), pieces).map(([text, at, length, piece]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + piece + text.slice(start + length);
    });
    fc.assert(fc.property(broken, ending), { numRuns: 500 });
  });
});
