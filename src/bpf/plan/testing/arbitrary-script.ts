import fc from 'fast-check';

/*
 * Scripts with one handler of an event that has a form for the kernel: arithmetic over the event's arguments, locals,
 * conditions, loops, functions, globals of every kind that handlers in the kernel may change, and messages.
 */

const WORDS = [0, 1, 2].map((index) => `event_word("argument:${index}")`);
const CONSTANTS = [
  '0',
  '1',
  '2',
  '-3',
  '7',
  '1000',
  '4294967296',
  '-9223372036854775807',
  '9223372036854775807',
];
const OPERATORS = ['+', '-', '*', '&', '|', '^', '<<', '>>', '>>>'];
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

const { expression, condition } = fc.letrec<{ expression: string; condition: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...WORDS, ...CONSTANTS, 'x', 'y', 'bound', 'pid()', 'start[tid()]', 'strlen(execname())'),
    fc
      .tuple(tie('expression'), fc.constantFrom(...OPERATORS), tie('expression'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('/', '%'), fc.constantFrom('3', '-7', '16'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie('expression').map((operand) => `(- ${operand})`),
    tie('expression').map((operand) => `(~${operand})`),
    tie('expression').map((operand) => `(x = ${operand})`),
    fc.constantFrom('x++', '--y', 'x--'),
    fc
      .tuple(tie('condition'), tie('expression'), tie('expression'))
      .map(([test, one, other]) => `(${test} ? ${one} : ${other})`),
    fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `larger(${one}, ${other})`),
    tie('condition'),
  ),
  condition: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc
      .tuple(tie('expression'), fc.constantFrom(...COMPARISONS), tie('expression'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc.constantFrom('([tid()] in start)', '(execname() == "none")', '(execname() >= "a")'),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie('condition').map((operand) => `(!${operand})`),
  ),
}));

const simple = fc.oneof(
  expression.map((value) => `n += ${value}`),
  expression.map((value) => `m -= ${value}`),
  fc.constantFrom('n++', 'm--', 'x++', 'delete start[tid()]', 'delete x'),
  expression.map((key) => `a[(${key}) & 7]++`),
  fc.tuple(expression, expression).map(([key, value]) => `a[${key}] += ${value}`),
  fc.tuple(expression, expression).map(([key, value]) => `b[execname(), (${key}) & 3] -= ${value}`),
  fc.tuple(expression, condition).map(([key, test]) => `c[${test} ? "odd" : "even", (${key}) % 3]++`),
  expression.map((value) => `s <<< ${value}`),
  fc.tuple(expression, expression).map(([key, value]) => `h[(${key}) & 3] <<< ${value}`),
  expression.map((value) => `l <<< ${value}`),
  expression.map((value) => `start[tid()] = ${value}`),
  expression.map((value) => `start[tid()] += ${value}`),
  expression.map((value) => `x = ${value}`),
  expression.map((value) => `y ^= ${value}`),
  fc.tuple(expression, expression).map(([one, other]) => `printf("%d %x %s|", ${one}, ${other}, execname())`),
  expression.map((value) => `println(${value})`),
);

const statement = fc.letrec<{ statement: string; block: string }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { arbitrary: simple, weight: 4 },
    {
      arbitrary: fc.tuple(condition, tie('block')).map(([test, block]) => `if (${test}) ${block}`),
      weight: 1,
    },
    {
      arbitrary: fc
        .tuple(condition, tie('block'), tie('block'))
        .map(([test, one, other]) => `if (${test}) ${one} else ${other}`),
      weight: 1,
    },
    { arbitrary: condition.map((test) => `if (${test}) next`), weight: 1 },
  ),
  block: fc.array(tie('statement'), { minLength: 1, maxLength: 3 }).map((list) => `{ ${list.join('; ')} }`),
})).statement;

const loop = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.array(simple, { minLength: 1, maxLength: 2 }), condition)
  .map(
    ([rounds, body, test]) =>
      `for (i = 0; i < ${rounds}; i++) { if (${test}) continue; ${body.join('; ')}; if (x == i) break }`,
  );

const failing = fc.oneof(
  fc.tuple(expression, expression).map(([one, other]) => `n += ${one} / ((${other}) & 3)`),
  condition.map((test) => `if (${test}) { println("end"); exit() }`),
  condition.map((test) => `if (${test}) error("wrong")`),
);

/** A script whose only handler of an event is written by `probe timer.jiffies(1)`, as `compileEventScript` takes it. */
export const arbitraryScript: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { arbitrary: statement, weight: 8 },
      { arbitrary: loop, weight: 2 },
      { arbitrary: failing, weight: 1 },
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((statements) =>
    [
      'global n = 0, m = 0, a, b, c, s, h, l, start, bound = 5',
      'function larger(one, other) { if (one > other) return one; return other }',
      `probe timer.jiffies(1) { x = 0; y = 0; i = 0; if (bound < 0) start[tid()] = 1; ${statements.join(';\n  ')} }`,
      'probe never { s <<< 1; h[1] <<< 1; l <<< 1; c["", 1]++; b["", 1]++; a[1]++; println(@hist_log(l)) }',
      'probe end { println(n, " ", m, " ", @count(s), " ", @count(l)); if (@count(s)) println(@sum(s), " ", @min(s), " ", @max(s))',
      '  foreach ([k] in a) printf("a %d %d\\n", k, a[k])',
      '  foreach ([t, k] in b) printf("b %s %d %d\\n", t, k, b[t, k])',
      '  foreach ([t, k] in c+) printf("c %s %d %d\\n", t, k, c[t, k])',
      '  foreach (k in h) printf("h %d %d %d %d %d\\n", k, @count(h[k]), @sum(h[k]), @min(h[k]), @max(h[k]))',
      '  if (@count(l)) print(@hist_log(l)) }',
    ].join('\n'),
  );
