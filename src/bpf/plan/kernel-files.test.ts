import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../runtime/limits.ts';
import { planFiles } from './kernel-files.ts';
import { placeHandlers } from './placement.ts';
import { probeSites } from './probe-sites.ts';
import { compileEventScript } from './testing/compile-handler.ts';
import { expressionText } from './testing/print-ir.ts';
import { TASK_ENVIRONMENT } from './testing/task-structure.ts';

/** Each file as its path, its text with `{}` around what it shows, or why it has none in the kernel. */
function files(script: string): readonly string[] {
  const program = compileEventScript(script.replaceAll('probe event', 'probe timer.jiffies(1)'));
  const options = {
    environment: TASK_ENVIRONMENT,
    architecture: 'x86_64',
    inodeOf: () => undefined,
  } as const;
  const places = program.probes.flatMap(({ event }, probe) =>
    event.family === 'tracepoint' ? probeSites(event, options).map((place) => ({ probe, place })) : [],
  );
  const { tables, placements } = placeHandlers(program, places, {
    limits: DEFAULT_LIMITS,
    mode: 'auto',
    firstScalar: 0,
    excluded: new Map(),
  });
  return planFiles(program, { limits: DEFAULT_LIMITS, cells: tables.cells, placements }).map((file) => {
    if ('reason' in file) return `${file.path}: ${file.reason}`;
    const { parts, arguments: values, cells } = file.source;
    const list = [...values];
    const text = parts.map((part) => {
      if (part.kind === 'text') return part.text;
      const { conversion, flag, width } = part;
      const value = list.shift();
      return `{%${flag}${width ?? ''}${conversion} ${value === undefined ? '' : expressionText(value)}}`;
    });
    return `${file.path}: ${text.join('')} of ${cells.join(' ')}`;
  });
}

const counting = 'global n, m probe event { n++; m += pid() }';
const body = (text: string, rest = ''): string | undefined =>
  files(`${counting} probe procfs("f").read { ${text} } ${rest}`)[0];

describe('files of iterators', () => {
  it('format longs of the kernel', () => {
    expect(body('$value = sprintf("n %d m %5x\\n", n, m)')).toBe('f: n {%d x0} m {%5x x1}\n of 0 8');
    expect(body('$value = sprint(m, n, n)')).toBe('f: {%d x0}{%d x1}{%d x1} of 8 0');
    expect(body('$value = "old" $value = sprintln(n) $value .= sprintdln(",", n, 5)')).toBe(
      'f: {%d x0}\n{%d x0},{%d 5}\n of 0',
    );
    expect(body('$value = "n=" . sprintf("%s%%\\n", "x") . sprint(-n)')).toBe('f: n=x%\n{%d -x0} of 0');
  });

  it('compute with them', () => {
    expect(body('$value = sprint(n / 1000 + (m > 3 ? m & 255 : !n))')).toBe(
      'f: {%d ((x0 / 1000) + ((x1 > 3) ? (x1 & 255) : !x0))} of 0 8',
    );
    expect(body('$value = sprint(n / m)')).toBe('f: may divide by 0');
    expect(body('$value = sprint(n % 0)')).toBe('f: may divide by 0');
  });

  it('need a handler for anything else', () => {
    const reasons = [
      ['if (n) $value = sprint(n)', 'does more than to set $value'],
      ['x = n $value = sprint(x)', 'does more than to set $value'],
      ['$value = sprint(pid())', 'calls pid'],
      ['$value = execname()', 'calls execname'],
      ['$value = sprintf("%o", n)', 'formats by %o'],
      ['$value = sprintf("%.3d", n)', 'formats by %.d'],
      ['$value = sprintf("%+x", n)', 'formats by %+x'],
      ['$value = sprintf("%600d", n)', 'may show more than the file holds'],
      ['$value = sprint(@count(s))', 'reads a statistic'],
      ['$value = sprint(a[1])', 'reads an array'],
      ['$value = sprint(k)', 'shows k, which is not in the kernel'],
    ] as const;
    for (const [text, reason] of reasons) {
      expect(body(text, 'global s, a, k probe begin { s <<< 1; a[1] = k++ }')).toBe(`f: ${reason}`);
    }
  });

  it('belong to one probe without a condition', () => {
    expect(body('$value = sprint(n)', 'probe procfs("f").write { n = strlen($value) }')).toBe(
      'f: shares its file with other probes',
    );
    expect(
      files(
        `${counting} global on probe procfs("f").read if (on) { $value = sprint(n) } probe begin { on = 1 }`,
      ),
    ).toEqual(['f: has a condition']);
    expect(files(`${counting} probe procfs("\xc3\xa4").read { $value = sprint(n) }`)).toEqual([
      '\xc3\xa4: has a file whose name is not ASCII',
    ]);
    expect(files(`${counting} probe procfs("f").read.maxsize(20) { $value = sprint(n) }`)).toEqual([
      'f: may show more than the file holds',
    ]);
    expect(files(`${counting} probe procfs("f").read.maxsize(21) { $value = sprint(n) }`)).toEqual([
      'f: {%d x0} of 0',
    ]);
  });

  it('never show what a handler has half done', () => {
    const show = '$value = sprint(n + m)';
    expect(body(show, 'probe timer.s(1) { n = 0 }')).toBe('f: {%d (x0 + x1)} of 0 8');
    expect(body(show, 'probe begin { n = 1; m = 1 } probe end { n = m = 0 }')).toBe(
      'f: {%d (x0 + x1)} of 0 8',
    );
    const several = 'f: shows n, which a handler changes in several steps';
    expect(body(show, 'probe timer.s(1) { n = 0; m = 0 }')).toBe(several);
    expect(body(show, 'probe timer.s(1) { while (1) n += 2 }')).toBe(several);
    expect(
      body(show, 'global a probe timer.s(1) { foreach (n in a) b++ } global b probe begin { a[1] = 1 }'),
    ).toBe(several);
    expect(body(show, 'function f() { n = 0 } probe timer.s(1) { f() }')).toBe(several);
    expect(body(show, 'probe event { println(tid()); n += strlen(sprint(tid())) }')).toMatch(
      /^f: shows n, which a handler/,
    );
  });
});
