import { expect, it } from 'vitest';
import { apiKey, apiValue } from './api-value.ts';

it('values are shown as the API documents them', () => {
  expect([5, 2n ** 60n, 'caf\xc3\xa9'].map(apiValue)).toEqual([5, { int64: '1152921504606846976' }, 'café']);
  const histogram = {
    kind: 'linear',
    buckets: [
      { high: -1, count: 2 },
      { low: 2n ** 60n, count: 1 },
    ],
  };
  expect(apiValue({ count: 3, sum: -(2n ** 60n), min: -7, histogram })).toEqual({
    ...{ count: 3, sum: { int64: '-1152921504606846976' }, min: -7 },
    histogram: {
      kind: 'linear',
      buckets: [
        { high: -1, count: 2 },
        { low: { int64: '1152921504606846976' }, count: 1 },
      ],
    },
  });
});

it('what makes no sense is shown as 0, or not at all', () => {
  for (const value of [undefined, null, true, [], [[1]], {}, { count: -1 }, { count: 'x' }, Infinity, NaN])
    expect([value, apiValue(value), apiKey(value)]).toEqual([value, 0, 0]);
  const odd = { count: 1.5, sum: {}, max: 'x', histogram: { kind: {}, buckets: [5, { count: 1, low: [] }] } };
  expect(apiValue(odd)).toEqual({ count: 1, histogram: { kind: 'log', buckets: [{ count: 1 }] } });
});
