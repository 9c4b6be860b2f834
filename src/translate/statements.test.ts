import { describe, expect, it } from 'vitest';
import { beginOutput, runScript } from '../../tests/harness/run-script.ts';

describe('control flow', () => {
  it('hands calls on by next until a function answers', async () => {
    const rest = `function f:long(x:long):2 { println("two"); next }
      function f:long(x:long):1 { println("one"); if (x == 1) return 11; next }
      function f:long(x:long):3 { if (x == 3) next; return 33 }`;
    expect(
      await beginOutput('println(f(1)); println(f(2)); try { f(3) } catch (m) { println(m) }', '', rest),
    ).toBe('one\n11\none\ntwo\n33\none\ntwo\nall functions exhausted\n');
  });

  it('returns the default of its type from a function that falls off its end', async () => {
    const rest = 'function f(x) { if (x) return 1 }\nfunction g(x) { if (x) return "s" }';
    expect(await beginOutput('println(f(0), "[", g(0), "]", f(1), g(1))', '', rest)).toBe('0[]1s\n');
  });

  it('passes break, continue and return through try', async () => {
    const rest = 'function f() { for (;;) { try { return 7 } catch { } } }';
    const body = `for (i = 0; i < 9; i++) { try { if (i == 1) continue; if (i == 3) break; print(i) } catch { } }
      println(f(), i)`;
    expect(await beginOutput(body, '', rest)).toBe('0273\n');
  });

  it('gives catch the text without its place, also of an empty one', async () => {
    const body = `try { error("a") } catch (m) { println(m) } try { error("") } catch (m) { println("[", m, "]") }
      try { try { println(1 / n) } catch (m) { error(m . "!") } } catch (m) { println(m) }`;
    expect(await beginOutput(body, 'n')).toBe('a\n[]\ndivision by 0!\n');
  });

  it('limits the nesting of calls and forgets the frames of what was caught', async () => {
    const rest = `function r:long(x) { n++; return r(x + 1) }
      function fact(x) { return x < 2 ? 1 : x * fact(x - 1) }`;
    const body = `for (i = 0; i < 3; i++) { n = 0; try { r(1) } catch (m) { println(m, n < 20) } } println(fact(8))`;
    expect(await beginOutput(body, 'n', rest)).toBe(`${'MAXNESTING exceeded1\n'.repeat(3)}40320\n`);
    const limited = await runScript(
      `global n\n${rest}\nprobe begin { try { r(1) } catch { println(n) } exit() }`,
      ['MAXNESTING=5'],
    );
    expect(limited.output).toBe('5\n');
  });

  it('turns a recursion deeper than the stack of the host into an error of the script', async () => {
    const text =
      'global n function r:long(x) { n++; return r(x + 1) } probe begin { try { r(1) } catch (m) { println(m, n > 99) } exit() }';
    const run = await runScript(text, ['MAXNESTING=10000000', 'MAXACTION=1000000000']);
    expect(run.output).toBe('MAXNESTING exceeded1\n');
  });
});

describe('loops over arrays', () => {
  it('sort for good, stop at limits, filter, and end when the array is deleted', async () => {
    const body = `a["c"] = 1; a["a"] = 3; a["b"] = 2
      foreach (k+ in a) print(k); foreach (k in a) print(k); println()
      foreach (k in a- limit 2) print(k); foreach (v = k in a limit 1) print(k, v); println()
      foreach (k in a limit 0) print("no"); foreach (k in a limit -1) print("no")
      foreach (k in a) { print(k); delete a } println()
      b["x", 1] = 1; b["y", 2] = 2; b["x", 3] = 3
      foreach ([s, n] in b["x", *]) print(s, n); foreach ([s, n] in b[*, 2]) print(s, n)
      foreach (v = [s, n] in b["x", *] limit 1) print(v); delete b["x", *]
      println(["x", *] in b, ["y", *] in b, ["y", 2] in b)`;
    expect(await beginOutput(body, 'a, b')).toBe('abcabc\naba3\na\nx1x3y21011\n');
  });

  it('sort statistics by count or by the aggregate named', async () => {
    const body = `s["a"] <<< 1; s["a"] <<< 1; s["b"] <<< 9; s["c"] <<< 4; s["c"] <<< 4; s["c"] <<< 4
      foreach (k in s-) print(k); foreach (k in s @sum+) print(k); foreach (k in s @max-) print(k); println()
      println(@count(s["none"]), "none" in s); try { println(@avg(s["none"])) } catch (m) { println(m) }`;
    expect(await beginOutput(body, 's')).toBe(
      'cabbacacb'.replace('bacacb', 'abcbca') + '\n00\nempty aggregate\n',
    );
  });

  it('go over the buckets of a histogram', async () => {
    const body = `s <<< 1; s <<< 1; s <<< 12
      foreach (i in @hist_linear(s, 0, 20, 10)) if (@hist_linear(s, 0, 20, 10)[i]) print(i, ":", @hist_linear(s, 0, 20, 10)[i], " ")
      try { println(@hist_linear(s, 0, 20, 10)[99]) } catch (m) { println(m) }`;
    expect(await beginOutput(body, 's')).toBe('1:2 2:1 histogram index out of range\n');
  });
});
