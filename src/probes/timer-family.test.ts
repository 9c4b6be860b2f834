import { describe, expect, test } from 'vitest';
import { deriveText } from '../semantic/derive/testing/derive-text.ts';

const event = (point: string): unknown => deriveText(`probe ${point} {}`).probes[0]?.event;
const cause = (point: string): string | undefined => deriveText(`probe ${point} {}`).messages[1];

describe('timer events', () => {
  test.each([
    ['timer.s(5)', 5e9, 0],
    ['timer.sec(86400)', 86_400e9, 0],
    ['timer.ms(10).randomize(10)', 10e6, 10e6],
    ['timer.msec(0x10)', 16e6, 0],
    ['timer.us(100)', 100e3, 0],
    ['timer.usec(250).randomize(50)', 250e3, 50e3],
    ['timer.ns(100000)', 100e3, 0],
    ['timer.nsec(86400000000000)', 86_400e9, 0],
    ['timer.hz(1000)', 1e6, 0],
    ['timer.hz(7)', 142_857_143, 0],
  ])('%s', (point, intervalNs, randomizeNs) => {
    expect(event(point)).toEqual({ family: 'timer', clock: 'hrtimer', intervalNs, randomizeNs });
  });

  test('jiffies of 4 ms', () => {
    expect(event('timer.jiffies(3).randomize(1)')).toEqual({
      family: 'timer',
      clock: 'jiffies',
      intervalNs: 12_000_000,
      randomizeNs: 4_000_000,
    });
  });

  test('profiling', () => {
    expect(event('timer.profile.tick')).toEqual({ family: 'profile' });
    expect(event('timer.profile.freq.hz(97)')).toEqual({ family: 'profile', hz: 97 });
  });
});

describe('timer arguments out of range', () => {
  const range = (bounds: string): string => `semantic error: interval value out of range ${bounds}`;

  test.each([
    ['timer.s(0)', range('(1, 86400)')],
    ['timer.sec(86401)', range('(1, 86400)')],
    ['timer.s(0x7fffffffffffffff)', range('(1, 86400)')],
    ['timer.ms(-5)', range('(1, 86400000)')],
    ['timer.msec(86400001)', range('(1, 86400000)')],
    ['timer.us(99)', range('(100, 86400000000)')],
    ['timer.ns(99999)', range('(100000, 86400000000000)')],
    ['timer.hz(100000)', range('(100000, 86400000000000)')],
    ['timer.hz(0)', 'semantic error: frequency must be greater than 0'],
    ['timer.hz(-1)', 'semantic error: frequency must be greater than 0'],
    ['timer.profile.freq.hz(0)', 'semantic error: frequency must be greater than 0'],
    ['timer.jiffies(0)', 'semantic error: invalid interval for jiffies timer'],
    ['timer.jiffies(1000001)', 'semantic error: invalid interval for jiffies timer'],
    ['timer.jiffies(5).randomize(6)', 'semantic error: invalid randomize for jiffies timer'],
    ['timer.jiffies(5).randomize(-1)', 'semantic error: invalid randomize for jiffies timer'],
    ['timer.ms(5).randomize(6)', 'semantic error: randomization value out of range'],
    ['timer.ms(5).randomize(-1)', 'semantic error: randomization value out of range'],
  ])('%s', (point, message) => {
    expect(cause(point)).toBe(message);
  });
});

describe('begin, end, error and never events', () => {
  test.each([
    ['begin', { family: 'begin', priority: 0 }],
    ['begin(-9223372036854775808)', { family: 'begin', priority: -(2n ** 63n) }],
    ['end(7)', { family: 'end', priority: 7 }],
    ['error(-1)', { family: 'error', priority: -1 }],
    ['never', { family: 'never' }],
  ])('%s', (point, expected) => {
    expect(event(point)).toEqual(expected);
  });
});
