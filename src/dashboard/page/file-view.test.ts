import { describe, expect, test } from 'vitest';
import { fileViewOf, MAX_PLOT_SERIES, ONLY_VALUE } from './file-view.ts';

const plotted = (text: string) => {
  const view = fileViewOf(text);
  return view.kind === 'plot' ? Object.fromEntries(view.values) : view.kind;
};
const tabled = (text: string) => {
  const view = fileViewOf(text);
  return view.kind === 'table' ? view.table : view.kind;
};

describe('a plot', () => {
  test('of one number', () => {
    expect(plotted('42\n')).toEqual({ [ONLY_VALUE]: 42 });
    expect(plotted(' -1.5e3 ')).toEqual({ [ONLY_VALUE]: -1500 });
  });

  test('of names and numbers, however they are written', () => {
    expect(plotted('reads 5\nwrites: 7\n\nerrors = 0\nlate=2\n')).toEqual({
      reads: 5,
      writes: 7,
      errors: 0,
      late: 2,
    });
  });

  test('of Prometheus text', () => {
    expect(plotted('# HELP x y\n# TYPE x gauge\nx{a="b c"} 5\nx{a="d"} 6\n')).toEqual({
      'x{a="b c"}': 5,
      'x{a="d"}': 6,
    });
  });

  test('not of words, of nothing, or of pairs of numbers', () => {
    for (const text of ['abc\n', '', 'two words\n', '0x10\n', '1 2\n', 'a 1 2\n'])
      expect(plotted(text)).toBe('text');
  });

  test('not of more names than can be told apart', () => {
    const text = Array.from({ length: MAX_PLOT_SERIES + 1 }, (_, index) => `n${index} ${index}`).join('\n');
    expect(tabled(text)).toMatchObject({ header: [], rows: { length: MAX_PLOT_SERIES + 1 } });
  });
});

describe('a table', () => {
  test('with a header above numbers', () => {
    expect(tabled('PID COUNT\n1 20\n300 4\n')).toEqual({
      header: ['PID', 'COUNT'],
      rows: [
        ['1', '20'],
        ['300', '4'],
      ],
    });
  });

  test('whose last column has blanks', () => {
    expect(tabled('PID CMD\n1 init -x\n2 bash\n')).toEqual({
      header: ['PID', 'CMD'],
      rows: [
        ['1', 'init -x'],
        ['2', 'bash'],
      ],
    });
  });

  test('of other separators, with empty cells', () => {
    expect(tabled('a\tb\tc\nx\t\tz\n')).toEqual({
      header: [],
      rows: [
        ['a', 'b', 'c'],
        ['x', '', 'z'],
      ],
    });
    expect(tabled('name,ms\na b,5\n')).toEqual({ header: ['name', 'ms'], rows: [['a b', '5']] });
  });

  test('not of prose', () => {
    expect(tabled('one two three\nfour five six\n')).toBe('text');
    expect(tabled('ERROR 5 happened\nand then 7 things were done\n')).toBe('text');
  });
});
