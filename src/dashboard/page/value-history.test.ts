import { describe, expect, test } from 'vitest';
import { plottedValues, ValueHistory } from './value-history.ts';

const sample = (values: Record<string, number>) => new Map(Object.entries(values));

describe('a history of values', () => {
  test('starts with what the server remembers and goes on', () => {
    const history = new ValueHistory();
    history.replace({ timesMs: [1000, 2000], series: [{ name: 'a', values: [null, 1] }] });
    history.add(3000, sample({ a: 4, b: 7 }));
    expect(history.names).toEqual(['a', 'b']);
    expect(history.columns(['a', 'b', 'none'])).toEqual([
      [1, 2, 3],
      [null, 1, 4],
      [null, null, 7],
      [null, null, null],
    ]);
  });

  test('of the server may be empty', () => {
    const history = new ValueHistory();
    history.replace({ timesMs: [], series: [{ name: 'a', values: [] }] });
    expect(history.columns(['a'])).toEqual([[], []]);
  });

  test('keeps the newest points, and forgets series without any', () => {
    const history = new ValueHistory(2);
    history.add(1000, sample({ old: 1 }));
    history.add(2000, sample({ a: 1 }));
    history.add(3000, sample({ a: 2 }));
    expect(history.names).toEqual(['a']);
    expect(history.columns(['a'])).toEqual([
      [2, 3],
      [1, 2],
    ]);
  });

  test('does not go back in time', () => {
    const history = new ValueHistory();
    history.add(2000, sample({ a: 1 }));
    history.add(2000, sample({ a: 2 }));
    history.add(1000, sample({ a: 3 }));
    expect(history.points('a')).toEqual([1]);
  });

  test('tells growth a second, with a gap where a counter starts anew', () => {
    const history = new ValueHistory();
    history.add(1000, sample({ a: 1 }));
    history.add(3000, sample({ a: 11 }));
    history.add(4000, sample({ a: 2 }));
    history.add(4500, sample({ a: 3 }));
    expect(history.rates(['a'])[1]).toEqual([null, 5, null, 2]);
  });
});

test('numbers and statistics are plotted, texts and arrays are not', () => {
  const common = { keyNames: [], keyTypes: [], onlyGrows: false } as const;
  expect(
    plottedValues([
      { ...common, name: 'n', type: 'long', value: 5 },
      { ...common, name: 'big', type: 'long', value: { int64: '9007199254740993' } },
      { ...common, name: 'text', type: 'string', value: '5' },
      { ...common, name: 'times', type: 'stats', value: { count: 3, sum: 10 } },
      { ...common, name: 'array', type: 'long', elements: [], size: 0 },
    ]),
  ).toEqual(sample({ n: 5, big: 9007199254740992, times: 3 }));
});
