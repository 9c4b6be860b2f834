import { describe, expect, it } from 'vitest';
import { printProgram } from './print-program.ts';
import { compileText } from './testing/compile-text.ts';

/** The statements of the added end probes. */
function display(script: string, noGlobalVarDisplay = false): readonly string[] {
  const { program, messages } = compileText(script, { noGlobalVarDisplay });
  expect(messages).toBe('');
  const added = program && { ...program, probes: program.probes.filter(({ synthetic }) => synthetic) };
  if (added === undefined) return [];
  return printProgram(added, true)
    .split('\n')
    .filter((line) => line.includes('printf'))
    .map((line) => line.replace(/^\{ | \}$/g, ''));
}

describe('automatic display', () => {
  it('prints scalars by type', () => {
    expect(display('global a, s probe begin { a = 2; s = "x" }')).toEqual([
      String.raw`printf("a=%d\n", __global_a)`,
      String.raw`printf("s=\"%#s\"\n", __global_s)`,
    ]);
  });

  it('prints arrays by descending value', () => {
    expect(display('global a probe begin { a[1, "x"] = 2 }')).toEqual([
      String.raw`foreach (__val = [__idx0, __idx1] in __global_a-) printf("a[%#d,\"%#s\"]=%d\n", __idx0, __idx1, __val)`,
    ]);
    expect(display('global a probe begin { a["x"] = "y" }')).toEqual([
      String.raw`foreach (__val = [__idx0] in __global_a-) printf("a[\"%#s\"]=\"%#s\"\n", __idx0, __val)`,
    ]);
  });

  it('prints statistics, empty ones too', () => {
    const [scalar, full] = display('global s probe begin { s <<< 1 }');
    expect(scalar).toBe(String.raw`if ((@count(__global_s)) == (0)) printf("s @count=0x0\n")`);
    expect(full).toContain(
      String.raw`printf("s @count=%#d @min=%#d @max=%#d @sum=%#d @avg=%#d\n", @count(__global_s)`,
    );
    expect(display('global s probe begin { s[1] <<< 1 }')[0]).toContain(
      String.raw`foreach ([__idx0] in __global_s-) printf("s[%#d] @count=%#d`,
    );
  });

  it.each([
    ['global x probe begin { x++ }', 1],
    ['global x probe begin { x += 2 }', 1],
    ['global x probe begin { x .= "a" }', 1],
    ['private global x probe begin { x = 3 }', 1],
    ['global x probe begin { x = 1; print(x) }', 0],
    ['global x probe begin { print(x++) }', 0],
    ['global x probe begin { if (x++) exit() }', 0],
    ['global x probe begin { x++; x = x + 1 }', 0],
    ['global x probe begin { x = 1; delete x }', 0],
    ['global x probe begin { x[1] = 1; foreach (k in x) print(k) }', 0],
    ['global x probe begin { x[1] = 1; if (1 in x) exit() }', 0],
    ['global x probe begin { x = 1 } probe timer.s(1) if (x) { exit() }', 0],
  ])('%s: %d', (script, count) => {
    expect(display(script)).toHaveLength(count);
  });

  it('can be turned off', () => {
    expect(display('global a probe begin { a = 2 }', true)).toEqual([]);
  });

  it('is there without optimisation too, and comes after the end probes of the script', () => {
    const { program } = compileText('global a probe begin { a = 2 } probe end { print(1) }', {
      unoptimized: true,
    });
    expect(program?.probes.map(({ event }) => event.family)).toEqual(['begin', 'end', 'end']);
    expect(program?.probes[2]?.event).toEqual({ family: 'end', priority: 0 });
  });
});
