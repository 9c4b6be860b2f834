import { describe, expect, it } from 'vitest';
import { compileText, findingLines } from './testing/compile-text.ts';

const errors = (script: string): readonly string[] =>
  findingLines(script).filter((line) => !line.startsWith('warning '));

/** Types of globals, then of functions, then of locals of the first probe. */
function types(script: string): string {
  const { program, messages } = compileText(script);
  if (program === undefined) return messages;
  return [
    ...program.globals.map(({ name, type, keyTypes }) => [`${name}:${type}`, ...keyTypes].join(' by ')),
    ...program.functions.map(
      ({ name, returnType, parameters }) =>
        `${name}:${returnType}(${parameters.map(({ type }) => type).join()})`,
    ),
    ...(program.probes[0]?.locals ?? []).map(({ name, type }) => `${name}:${type}`),
  ].join(' ');
}

describe('types that agree', () => {
  it.each([
    ['probe begin { x = 1; print(x) }', 'x:long'],
    ['probe begin { x = "a"; y = x; z = y . x; print(z) }', 'x:string y:string z:string'],
    ['probe begin { x = y; y = "a"; print(x) }', 'x:string y:string'],
    ['probe begin { x++ }', 'x:long'],
    ['probe begin { x .= "a" }', 'x:string'],
    ['probe begin { print(x + 1) }', 'x:long'],
    ['probe begin { x = 1 ? "a" : "b"; print(x) }', 'x:string'],
    ['probe begin { x = "a" == "b"; print(x) }', 'x:long'],
    ['probe begin { printf("%s %d %*x", a, b, c, d) }', 'a:string b:long c:long d:long'],
    ['probe begin { try { print(1) } catch (e) { print(2) } }', 'e:string'],
    ['global a probe begin { a[1, "x"] = "y" } probe end { print(a[1, "x"]) }', 'a:string by long by string'],
    ['global a probe begin { a["x"] <<< 1 } probe end { print(@count(a["y"])) }', 'a:stats by string'],
    [
      'global a probe begin { a[1] = "x"; foreach (v = k in a) print(v, k) }',
      'a:string by long k:long v:string',
    ],
    ['global s probe begin { s <<< 1; foreach (b in @hist_log(s)) print(b) }', 's:stats b:long'],
    ['function f(x) { return x . "a" } probe begin { print(f("b")) }', 'f:string(string)'],
    [
      'function f(x) { return g(x) } function g(x) { return x } probe begin { print(f(1)) }',
      'f:long(long) g:long(long)',
    ],
    [
      'function f(n) { if (n < 2) return 1; return n * f(n - 1) } probe begin { print(f(5)) }',
      'f:long(long)',
    ],
    ['function f() { print(1) } probe begin { f() }', 'f:unknown()'],
    ['function f:string (n:long) { } probe begin { print(f(1)) }', 'f:string(long)'],
    ['function f() { print(1) } probe begin { print(f() + 1) }', 'f:long()'],
    ['probe begin { if (0) x = "a"; print(x) }', 'x:string'],
    ['probe begin { print(@defined($x) ? $x : 3) }', ''],
    ['probe begin { print(@defined($x->y), @defined(@var("v")), @defined(1 + 2)) }', ''],
  ])('%s', (script, expected) => {
    expect(types(script)).toBe(expected);
  });
});

describe('types that do not agree', () => {
  it.each([
    [
      'probe begin { x = 1; x = "a"; print(x) }',
      "type mismatch (string): identifier 'x' at 1:22 <- type was first inferred here (long): identifier 'x' at 1:15",
    ],
    [
      'global a probe begin { a[1] = 1; a["x"] = 2 }',
      "index 0 type mismatch (string): string 'x' at 1:36 <- type of index 0 was first inferred here (long): number '1' at 1:26",
    ],
    [
      'function f(a) { return a } probe begin { print(f(1)); print(f("b")) }',
      "index 0 type mismatch (string): string 'b' at 1:63 <- type of index 0 was first inferred here (long): number '1' at 1:50",
    ],
    [
      'function f(a) { return 1; return "a" } probe begin { print(f(1)) }',
      "type mismatch (string): string 'a' at 1:34 <- type was first inferred here (long): number '1' at 1:24",
    ],
    [
      'function f(a) { if (a) return; return 1 } probe begin { print(f(1)) }',
      "type mismatch (unknown): keyword at 1:24 <- type was first inferred here (long): number '1' at 1:39",
    ],
    ['probe begin { print("a" + 1) }', "type mismatch: expected long but found string: string 'a' at 1:21"],
    ['probe begin { print("a" . 1) }', "type mismatch: expected string but found long: number '1' at 1:27"],
    [
      'probe begin { print("a" . (1 + pid())) }',
      "type mismatch: expected string but found long: operator '+' at 1:30",
    ],
    [
      'probe begin { print("a" . !pid()) }',
      "type mismatch: expected string but found long: operator '!' at 1:27",
    ],
    [
      'probe begin { print(strlen("a") =~ "b") }',
      "type mismatch: expected string but found long: identifier 'strlen' at 1:21",
    ],
    ['probe begin { print(strlen(3)) }', "type mismatch: expected long but found string: number '3' at 1:28"],
    [
      'probe begin { print(1 ? "a" : 2) }',
      "type mismatch: expected string but found long: number '2' at 1:31",
    ],
    ['probe begin { if ("a") exit() }', "type mismatch: expected long but found string: string 'a' at 1:19"],
    [
      'probe begin { if (0) print("a" + 1); exit() }',
      "type mismatch: expected long but found string: string 'a' at 1:28",
    ],
    [
      'probe begin { while ("a") exit() }',
      "type mismatch: expected long but found string: string 'a' at 1:22",
    ],
    [
      'global a probe begin { a[1] = 1; foreach (k in a limit "x") print(k) }',
      "type mismatch: expected long but found string: string 'x' at 1:56",
    ],
    [
      'global g = 3 probe begin { g = "x"; print(g) }',
      "type mismatch: expected string but found long: identifier 'g' at 1:28",
    ],
    [
      'global s probe begin { s <<< "a"; print(@count(s)) }',
      "type mismatch: expected long but found string: string 'a' at 1:30",
    ],
    ['probe begin { printf("%s", 3) }', "type mismatch: expected string but found long: number '3' at 1:28"],
    [
      'probe begin { x = 1 + sprint("a"); print(x) }',
      "type mismatch: left and right sides don't agree (long vs string): operator '+' at 1:21",
    ],
    [
      'global g probe begin if ("a") { exit() }',
      "type mismatch: expected long but found string: string 'a' at 1:26",
    ],
    ['probe begin { x = 1; y = "a" . x++; print(y) }', "invalid operator: operator '++' at 1:33"],
  ])('%s', (script, expected) => {
    expect(errors(script)).toEqual([expected]);
  });

  it('blames a conflict of names only, when there is one', () => {
    expect(errors('probe begin { print(z) print("a" + 1) y = 1; y = "b"; print(y) }')).toEqual([
      "type mismatch (string): identifier 'y' at 1:46 <- type was first inferred here (long): identifier 'y' at 1:39",
    ]);
  });

  it('goes with the disagreement of the sides', () => {
    expect(errors('probe begin { x = 1 + ("a" . "b"); print(x) }')).toEqual([
      "invalid operator: operator '.' at 1:28",
      "type mismatch: left and right sides don't agree (long vs string): operator '+' at 1:21",
    ]);
  });
});

describe('types that nothing tells', () => {
  it.each([
    ['probe begin { print(z) }', "unresolved type : identifier 'z' at 1:21"],
    ['global g probe begin { print(g) }', "unresolved type : identifier 'g' at 1:30"],
    ['global g probe begin { print(1 in g) }', "unresolved type : identifier 'g' at 1:35"],
    ['function f() { print(1) } probe begin { print(f()) }', "unresolved type : identifier 'f' at 1:47"],
    [
      'function f() { print(1) } probe begin { x = f(); print(x) }',
      "unresolved type : identifier 'x' at 1:41",
    ],
  ])('%s', (script, expected) => {
    expect(errors(script)[0]).toBe(expected);
  });

  it('do not matter in code that goes away', () => {
    expect(errors('probe begin { if (0) print(z); exit() }')).toEqual([]);
  });
});

describe('other findings of inference', () => {
  it.each([
    ['global s probe begin { s <<< 1; x = s; print(x) }', "invalid type stats: identifier 's' at 1:37"],
    [
      'global s function f(x) { return @count(x) } probe begin { s <<< 1; print(f(s)) }',
      "invalid type stats: identifier 's' at 1:76",
    ],
    [
      'global s probe begin { s[1] <<< 1; foreach (v = k in s) print(v) }',
      "invalid type stats: identifier 'v' at 1:45",
    ],
    [
      'global a probe begin { a[1] = 1; foreach (k in a @sum+) print(k) }',
      "invalid type long: identifier 'a' at 1:48",
    ],
    [
      'probe begin { x <<< 2; print(@count(x)) }',
      "stat locals not supported, missing global declaration? : identifier 'x' at 1:15",
    ],
    [
      'global a% probe begin { a = 2; print(a) }',
      "wrapping not supported for scalars: identifier 'a' at 1:8",
    ],
    ['global a[5] probe begin { a = 2; print(a) }', "inconsistent arity: identifier 'a' at 1:8"],
    [
      'global a probe begin { a[*] = 2; print(a[1]) }',
      "wildcard not allowed in array index: identifier 'a' at 1:24",
    ],
    ['probe begin { 3 = 4 }', "Expecting lvalue for assignment: operator '=' at 1:17: number '3' at 1:15"],
    [
      'probe begin { a.b = 4 }',
      "Expecting lvalue for assignment, try -> instead: operator '=' at 1:19: operator '.' at 1:16",
    ],
    ['probe begin { delete 3 }', "invalid operand of delete expression: number '3' at 1:22"],
    [
      'probe begin { printf("%d") }',
      "Wrong number of args to formatted print operator: identifier 'printf' at 1:15",
    ],
    [
      'probe begin { printf("%*d", 1) }',
      "Wrong number of args to formatted print operator: identifier 'printf' at 1:15",
    ],
    ['probe begin { print($x) }', "unresolved target-symbol expression: identifier '$x' at 1:21"],
    ['probe begin { print(@var("v")) }', "unresolved @var() expression: operator '@var' at 1:21"],
    ['probe begin { x = 1; print(x->y) }', "unknown type in dereference: operator '->' at 1:29"],
    [
      'probe begin { print(@cast(0, "t", "m")->y) }',
      "type definition 't' not found in 'm': operator '@cast' at 1:21",
    ],
    ['probe begin { print(@entry(1)) }', "@entry is only valid in .return probes: operator '@entry' at 1:21"],
    [
      'function f() { return $x } probe begin { print(f()) }',
      "unresolved target-symbol expression: identifier '$x' at 1:23",
    ],
    [
      'probe procfs.read { print($value) $value = "x" }',
      "procfs $value variable cannot be read in a procfs read probe: identifier '$value' at 1:27",
    ],
    [
      'global s probe begin { s <<< 1; print(@hist_log(s)); print(@hist_linear(s, 0, 10, 1)) }',
      "multiple histogram types declared on '__global_s': operator '@hist_linear' at 1:60",
    ],
    [
      'global s probe begin { s <<< 1; print(@variance(s, 1)); print(@variance(s, 2)) }',
      "conflicting bit shifts declared (previously 1): operator '@variance' at 1:63",
    ],
    [
      'global s probe begin { s <<< 1; print(@variance(s, 63)) }',
      "bit shift (63) out of range <0..62>: operator '@variance' at 1:39",
    ],
    [
      'global s probe begin { s[1] = 1; foreach (k in s) s[2] = 3 }',
      "variable 's' modified during 'foreach' iteration: identifier 's' at 1:51",
    ],
    [
      'global s probe begin { s[1] = 1; foreach (k in s) if (k) delete s[k] }',
      "variable 's' modified during 'foreach' iteration: identifier 's' at 1:65",
    ],
    [
      'global s function f() { s[2]++ } probe begin { s[1] = 1; foreach (k in s) f() }',
      "function call modifies var 's' during 'foreach' iteration: identifier 'f' at 1:75",
    ],
    [
      'probe procfs("a").read { $value = "x" } probe procfs("a").umask(0).read { $value = "y" }',
      'only one read procfs probe can exist for procfs path "a"',
    ],
  ])('%s', (script, expected) => {
    expect(errors(script)[0]).toBe(expected);
  });

  it('allows nested and following loops, and deleting the whole array', () => {
    expect(
      errors(
        'global s probe begin { s[1] = 1; foreach (k in s) { foreach (l in s) print(k, l); delete s } s[2] = 1 }',
      ),
    ).toEqual([]);
  });

  it('reports regular expressions that are none', () => {
    expect(errors('probe begin { print("a" =~ "b(") }')[0]).toMatch(
      /^regex compilation error \(at position \d+\): .*string 'b\(' at 1:28$/,
    );
  });

  it('remembers the histogram and the shift of a statistic', () => {
    const { program } = compileText(
      'global s probe begin { s <<< 1; print(@hist_linear(s, 0, 10, 2)); print(@variance(s, 3)) }',
    );
    expect(program?.globals[0]).toMatchObject({
      histogram: { kind: 'linear', low: 0, high: 10, width: 2 },
      varianceShift: 3,
    });
  });
});
