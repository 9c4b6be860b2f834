import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { printBlock } from '../ast/print-statement.ts';
import { compiledProgram } from '../elf/testing/compiled-program.ts';
import { programFacts } from '../symbols/program-facts.ts';
import { pointText } from './point-text.ts';
import type { ExpandedBody } from './probe-family.ts';
import { parsedPoint, parsedProbe } from './testing/parsed-probe.ts';
import { programFactsFixture } from './testing/program-facts-fixture.ts';
import { userFunctionFamily } from './user-function-family.ts';

const fixtureFamily = (): ReturnType<typeof userFunctionFamily> =>
  userFunctionFamily({ programs: programFactsFixture(), target: {} });

function matched(text: string): readonly (readonly [string, unknown])[] {
  const family = fixtureFamily();
  const points = family.matches?.(parsedPoint(text)) ?? [];
  return points.map((point) => [pointText(point), family.build(point)]);
}

const texts = (text: string): readonly string[] => matched(text).map(([point]) => point);

function expanded(suffix: string, body: string): ExpandedBody {
  const family = fixtureFamily();
  const probe = parsedProbe(`probe process("shop").function("sell")${suffix} { ${body} }`);
  const [point] = family.matches?.(probe.points[0] ?? parsedPoint('begin')) ?? [];
  const found = point && family.expandContext?.(probe.body, family.build(point), (_file, kind) => kind);
  if (found === undefined) throw new Error('no match');
  return found;
}

describe('points', () => {
  const sell = { family: 'user', path: '/usr/bin/shop', buildId: '0123abcd', symbol: 'sell', offset: 0x104 };

  test('the entry is behind the endbr64, and so is the place that a return is watched from', () => {
    expect(matched('process("shop").function("sell")')).toEqual([
      ['process("/usr/bin/shop").function("sell")', { ...sell, isReturn: false }],
    ]);
    expect(matched('process("shop").function("sell").return')).toEqual([
      ['process("/usr/bin/shop").function("sell").return', { ...sell, isReturn: true }],
    ]);
    expect(matched('process(7).function("sell").call')).toEqual([
      ['process(7).function("sell").call', { ...sell, isReturn: false, pid: 7 }],
    ]);
  });

  test.each([
    ['process("shop").function("*")', ['sell', 'give', 'main']],
    ['process("shop").function("*").exported', ['sell', 'main']],
    ['process("shop").function("?i*").call', ['give']],
    ['process("shop").library("libc.so.6").function("*malloc")', ['malloc']],
    ['process("shop").library("libc.so.6").function("__libc_malloc")', ['__libc_malloc']],
    ['process("/usr/bin/s*").function("main")', ['main', 'main']],
  ])('%s', (text, names) => {
    expect(texts(text).map((point) => /function\("(.*?)"\)/.exec(point)?.[1])).toEqual(names);
  });

  test('an address is that of the file as it was linked', () => {
    expect(matched('process("shop").statement(0x1108)')).toEqual([
      ['process("/usr/bin/shop").statement(4360)', { ...sell, offset: 0x108, isReturn: false }],
    ]);
    expect(() => matched('process("shop").function(0x9000)')).toThrow(
      "'/usr/bin/shop' has no instruction at 0x9000",
    );
  });

  test.each([
    ['process("shop").function("sel")', 'no match (similar functions: sell, give, main)'],
    ['process("shop").function("give").exported', 'no match (similar functions: give, main, sell)'],
    ['process("shop").function("sell").inline', 'no match (similar functions: sell'],
    [
      'process("shop").function("sell@shop.c:12")',
      'source files of functions are known by debugging information only: write "sell"',
    ],
    ['process.function("main")', 'unspecified process probe is invalid without a -c COMMAND or -x PID'],
  ])('%s: %s', (text, message) => {
    expect(() => matched(text)).toThrow(message);
  });

  test('of a real program', () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'stap-functions-')));
    try {
      const path = compiledProgram(directory, '-fcf-protection=branch');
      const family = userFunctionFamily({ programs: programFacts({ path: directory }), target: {} });
      const offsets = ['', '.return'].map((suffix) => {
        const [point] = family.matches?.(parsedPoint(`process("shop").function("sell")${suffix}`)) ?? [];
        const event = point && family.build(point);
        return event?.family === 'user' && event.path === path ? event.offset : 0;
      });
      expect(offsets[0]).toBeGreaterThan(0);
      expect(offsets[1]).toBe(offsets[0]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('context variables', () => {
  const value = (suffix: string, variable: string): string => {
    const { body, unresolvedTargets } = expanded(suffix, `x = ${variable}`);
    const [reason] = unresolvedTargets.values();
    return reason?.message ?? /\(x\) = \((.*)\)/.exec(printBlock(body))?.[1] ?? '';
  };

  test.each([
    ['.return', '$return', 'event_word("result")'],
    ['.return', '$$return', 'sprintf("return=%#x", event_word("result"))'],
    ['.return', '$$vars', 'sprintf("return=%#x", event_word("result"))'],
    ['', '$$vars', '""'],
    ['.return', '$$parms', '""'],
    ['', '$return', "'$return' is only known in .return probes"],
    ['.return', '&$return', 'cannot take address of context variable'],
    [
      '.return',
      '$return->next',
      "the type of '$return' is not known without debugging information of '/usr/bin/shop'; use @cast",
    ],
    [
      '',
      '$amount',
      "'$amount' of 'sell' is not known without debugging information; arguments are pointer_arg(1), int_arg(2) and so on",
    ],
  ])('%s %s', (suffix, variable, expected) => {
    expect(value(suffix, variable)).toBe(expected);
  });

  test('to list', () => {
    const family = fixtureFamily();
    const listed = ['', '.return'].map((suffix) => {
      const [point] = family.matches?.(parsedPoint(`process("shop").function("sell")${suffix}`)) ?? [];
      return point && family.listVariables?.(family.build(point));
    });
    expect(listed).toEqual([[], ['$return:long']]);
  });
});

test('the entry of a return is at the same place', () => {
  const family = fixtureFamily();
  const [point] = family.matches?.(parsedPoint('process("shop").function("sell").return')) ?? [];
  if (point === undefined) throw new Error('no match');
  const event = family.build(point);
  const entry = family.entry?.(point, event);
  expect(entry && pointText(entry.point)).toBe('process("/usr/bin/shop").function("sell").call');
  expect(entry?.event).toEqual({ ...event, isReturn: false });
  expect(entry && family.build(entry.point)).toBe(entry?.event);
  expect(entry && family.entry?.(entry.point, entry.event)).toBeUndefined();
});
