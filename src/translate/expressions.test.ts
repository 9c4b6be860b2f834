import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginOutput, runScript } from '../../tests/harness/run-script.ts';

describe('arithmetic', () => {
  it('wraps at 64 bits, on every way of writing a sum', async () => {
    const body = `x = 0x7fffffffffffffff; y = x; x++; --y; z = 9007199254740991; z += 1; w = z; w++
      v = -0x8000000000000000; v -= 1; u = 9007199254740991; u = u + z; t = -9007199254740992; t = t - 1
      printf("%d %d %d %d %d %d %d\\n", x, y, z, w, v, u, t)`;
    expect(await beginOutput(body)).toBe(
      '-9223372036854775808 9223372036854775806 9007199254740992 9007199254740993 ' +
        '9223372036854775807 18014398509481983 -9007199254740993\n',
    );
  });

  it('agrees with 64-bit reference arithmetic on random expressions', async () => {
    const cases = fc.sample(expressionArbitrary(), { numRuns: 300, seed: 42 });
    const values = VARIABLES.map(([name, value]) => `${name} = ${spelled(value)}`).join('; ');
    const body = cases.map(({ text }) => `println(${text})`).join('\n');
    const run = await runScript(`probe begin { ${values}\n${body}\nexit() }`);
    expect(run.messages).toEqual([]);
    const results = run.output.trimEnd().split('\n');
    const wrong = cases.filter(({ value }, index) => results[index] !== value.toString());
    expect(wrong.map(({ text }) => text)).toEqual([]);
  });
});

const VARIABLES: readonly (readonly [string, bigint])[] = [
  ['a', 5n],
  ['b', -7n],
  ['c', 9007199254740991n],
  ['d', -9223372036854775808n],
  ['e', 4294967296n],
];

interface Reference {
  readonly text: string;
  readonly value: bigint;
}

/** Random expressions without division by zero, with their values. */
function expressionArbitrary(): fc.Arbitrary<Reference> {
  const literal = fc
    .oneof(fc.integer({ min: 0, max: 100 }).map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }))
    .map((value): Reference => ({ text: value.toString(), value }));
  const variable = fc.constantFrom(...VARIABLES).map(([text, value]): Reference => ({ text, value }));
  const leaf = fc.oneof(literal, variable);
  const { tree } = fc.letrec<{ tree: Reference }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.tuple(tie('tree'), fc.constantFrom(...OPERATORS), tie('tree')).map(combine),
    ),
  }));
  return tree;
}

const OPERATORS = ['+', '-', '*', '&', '|', '^', '/', '%', '<', '=='] as const;

function combine([left, operator, right]: [Reference, (typeof OPERATORS)[number], Reference]): Reference {
  const text = `(${left.text} ${operator} ${right.text})`;
  const value = BigInt.asIntN(64, evaluate(left.value, operator, right.value));
  const divides = operator === '/' || operator === '%';
  return divides && right.value === 0n ? left : { text, value };
}

function evaluate(left: bigint, operator: (typeof OPERATORS)[number], right: bigint): bigint {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '/':
      return right === 0n ? 0n : left / right;
    case '%':
      return right === 0n ? 0n : left % right;
    case '<':
      return left < right ? 1n : 0n;
    case '==':
      return left === right ? 1n : 0n;
  }
}

function spelled(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : value.toString();
}

describe('evaluation order', () => {
  it.each([
    ['i = 1; x = i++ + i++ * 10 + i; println(x)', '24\n'],
    ['i = 1; x = i + (i = 5) + i; println(x)', '11\n'],
    ['n = 3; n += n++ + n; println(n)', '11\n'],
    ['b[1] = 10; b[1] += b[1]++; println(b[1])', '21\n'],
    ['i = 5; b2[i++, i++] = i++; foreach ([p, q] in b2) println(p, q, b2[p, q])', '567\n'],
    ['i = 1; b2[i, i++] = 3; foreach ([p, q] in b2) println(p, q)', '11\n'],
    ['i = 1; b2[i, ++i]++; foreach ([p, q] in b2) println(p, q)', '12\n'],
    ['k = 1; b[k] = (k = 2); println(1 in b, b[1], 2 in b)', '120\n'],
    ['k = 1; b[k] -= (k = 2); println(b[1], 2 in b)', '-20\n'],
    ['println(b[3]++, b[3], ++b[3], b[3]--, b[3])', '01221\n'],
    ['t = "x"; t .= t . (t = "y"); println(t)', 'yxy\n'],
    ['i = 1; s[i] <<< (i = 7); println(@count(s[1]), @sum(s[1]))', '17\n'],
    ['println((x = 4) + x, (b[1] = 2) * 3, (b[1] *= 5), x == 4 && b[1] == 10)', '86101\n'],
  ])('%s', async (body, expected) => {
    expect(await beginOutput(body, 'b, b2, s')).toBe(expected);
  });
});

describe('names', () => {
  it('of every kind are kept apart from those of JavaScript and ours', async () => {
    const names = [
      '__proto__',
      'class',
      'at',
      'budget',
      'rt',
      'add',
      'a$b',
      'e',
      'NEXT',
      'undefined',
      'v_x',
      't',
    ];
    const sums = names.map((name, index) => `${name} += ${index}`).join('; ');
    const total = names.join(' + ');
    expect(await beginOutput(`${sums}; println(${total})`)).toBe('66\n');
    expect(await beginOutput(`${sums}; println(${total})`, names.join(', '))).toBe('66\n');
  });

  it('of functions never meet the names of their parts', async () => {
    const rest = `function f(x) { return x < 1 ? 0 : 1 + f(x - 1) }
      function f_body(x) { return x + 40 } function f_body$2(x) { return x + 60 }`;
    expect(await beginOutput('println(f(3), f_body(1), f_body$2(1))', '', rest)).toBe('34161\n');
  });

  it('may be shared by functions, globals and locals', async () => {
    const rest = 'function x(x) { return x + 1 }\nfunction constructor() { return 5 }';
    expect(await beginOutput('y = x(x(1)); println(y, constructor())', '', rest)).toBe('35\n');
  });
});

describe('strings', () => {
  it('are cut at MAXSTRINGLEN - 1 by every store, concatenation and result', async () => {
    const body = `s = sprintf("%600d", 1); t = s . "x"; a[s . "y"] = t; t .= "z"
      foreach (k in a) println(strlen(s), strlen(t), strlen(k), strlen(a[k]), strlen(f(s)))
      print(sprintf("%600s", "a")); printf("%520s\\n", "b")`;
    const text = await beginOutput(body, 'a', 'function f(x) { return x . x }');
    expect(text).toBe(`511511511511511\n${' '.repeat(511)}${' '.repeat(519)}b\n`);
  });

  it('that a global starts with end at NUL', async () => {
    const run = await runScript('global s = "a\\0b" probe begin { println(strlen(s)); s .= ""; exit() }');
    expect(run.output).toBe('1\n');
  });

  it('keep every byte and end at NUL', async () => {
    const bytes = Array.from(
      { length: 255 },
      (_, index) => `\\x${(index + 1).toString(16).padStart(2, '0')}`,
    );
    const text = await beginOutput(
      `print("${bytes.join('" "')}"); println(strlen("\${x}\`"), strlen(sprintf("%c", 0)))`,
    );
    const all = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).join('');
    expect(text).toBe(`${all}50\n`);
  });
});

describe('comparison of literals', () => {
  it('looks at what a string is at run time, up to its first NUL', async () => {
    expect(await beginOutput('s = "a"; println("a\\0b" == "a", "a\\0b" == s, "a\\0b" > "a")')).toBe('110\n');
  });
});

describe('printing', () => {
  it('writes every form as its format says, and is cut at STP_BUFFER_SIZE', async () => {
    const body = `print(1, "a", 2); println(); println("b", -3); printd(":", 1, "x", 2); printdln(", ", 3, 4)
      print_char(0x141); printf("%d|%s|%x|%u|%c|%%|%5d|%-3s|%*d\\n", -1, "s", 255, -1, 66, 7, "z", 4, 9)
      s = sprint(1, "q") . sprintln("r") . sprintd("-", 1, 2) . sprintdln("+", 3, 4) . sprintf("%o", 8); print(s)`;
    expect(await beginOutput(body)).toBe(
      '1a2\nb-3\n1:x:23, 4\nA-1|s|ff|18446744073709551615|B|%|    7|z  |   9\n1qr\n1-23+4\n10',
    );
    const cut = await runScript('probe begin { printf("%30s%30s", "a", "b") exit() }', [
      'STP_BUFFER_SIZE=40',
    ]);
    expect(cut.output.length).toBe(40);
  });
});

describe('regular expressions', () => {
  it('record their groups for the run of the handler', async () => {
    const body = `if ("key=value" =~ "([a-z]+)=(.*)") println(matched(1), matched(2), ngroups())
      if ("x" !~ "y") try { matched(0) } catch (m) { println(m) }`;
    expect(await beginOutput(body)).toBe('keyvalue3\nAttempted to get subexpression 0 from failed match\n');
  });
});
