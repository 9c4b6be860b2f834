import { expect, test } from 'vitest';
import { perfFamily } from './perf-family.ts';
import { pointText } from './point-text.ts';
import { parsedPoint } from './testing/parsed-probe.ts';
import { unknownEnvironment } from './unknown-kernel.ts';

function resolved(text: string): unknown {
  const family = perfFamily(unknownEnvironment('no programs'));
  return (family.matches?.(parsedPoint(text)) ?? []).map((point) => [pointText(point), family.build(point)]);
}

test('without a period a million is counted', () => {
  expect(resolved('perf.type(1).config(2)')).toEqual([
    [
      'perf.type(1).config(2).sample(1000000)',
      { family: 'perf', type: 1, config: 2, sampleEvery: 1_000_000 },
    ],
  ]);
});

test('period or frequency', () => {
  expect(resolved('perf.type(0).config(1).sample(5)')).toEqual([
    ['perf.type(0).config(1).sample(5)', { family: 'perf', type: 0, config: 1, sampleEvery: 5 }],
  ]);
  expect(resolved('perf.type(0).config(1).hz(99)')).toEqual([
    ['perf.type(0).config(1).hz(99)', { family: 'perf', type: 0, config: 1, frequencyHz: 99 }],
  ]);
  expect(() => resolved('perf.type(0).config(1).sample(0)')).toThrow('invalid perf sample period 0');
});

test('of a program that is there', () => {
  expect(() => resolved('perf.type(1).config(0).process("x")')).toThrow('no programs');
  expect(() => resolved('perf.type(1).config(0).process')).toThrow(
    'unspecified process probe is invalid without a -c COMMAND',
  );
});
