import { describe, expect, test } from 'vitest';
import { printBlock } from '../ast/print-statement.ts';
import { pointText } from './point-text.ts';
import { processFamily } from './process-family.ts';
import { parsedPoint, parsedProbe } from './testing/parsed-probe.ts';
import { programFactsFixture } from './testing/program-facts-fixture.ts';

const family = processFamily({ programs: programFactsFixture(), target: {} });

function matched(text: string): readonly (readonly [string, unknown])[] {
  const points = family.matches?.(parsedPoint(text)) ?? [];
  return points.map((point) => [pointText(point), family.build(point)]);
}

describe('points', () => {
  test.each([
    ['process.begin', 'process.begin', { what: 'begin' }],
    ['process.thread.end', 'process.thread.end', { what: 'thread.end' }],
    ['process(7).syscall', 'process(7).syscall', { what: 'syscall', pid: 7 }],
    [
      'process("shop").syscall.return',
      'process("/usr/bin/shop").syscall.return',
      { what: 'syscall.return', path: '/usr/bin/shop' },
    ],
  ])('%s', (text, expected, event) => {
    expect(matched(text)).toEqual([[expected, { family: 'process', ...event }]]);
  });

  test('a pattern is one point for each program', () => {
    expect(matched('process("/usr/bin/s*").begin').map(([text]) => text)).toEqual([
      'process("/usr/bin/shop").begin',
      'process("/usr/bin/stall").begin',
    ]);
  });

  test('unknown ones', () => {
    expect(() => matched('process(999).begin')).toThrow('cannot probe pid 999: No such process');
    expect(() => matched('process("none").begin')).toThrow("cannot find executable 'none'");
  });
});

describe('context variables', () => {
  function value(moment: string, variable: string): string {
    const probe = parsedProbe(`probe process.${moment} { x = ${variable} }`);
    const [point] = probe.points;
    const expanded = point && family.expandContext?.(probe.body, family.build(point), (_file, kind) => kind);
    const [reason] = expanded?.unresolvedTargets.values() ?? [];
    const text = expanded && /\(x\) = \((.*)\)/.exec(printBlock(expanded.body))?.[1];
    return reason?.message ?? text ?? '';
  }

  test.each([
    ['syscall', '$syscall', 'event_word("syscall:number")'],
    ['syscall', '$arg6', 'event_word("syscall:5")'],
    ['syscall.return', '$return', 'event_word("syscall:result")'],
    ['syscall', '$return', 'only "process(PATH_OR_PID).syscall.return" support $return.'],
    ['syscall.return', '$arg1', 'only "process(PATH_OR_PID).syscall" support $argN or $$parms.'],
    [
      'syscall',
      '$arg7',
      'invalid target symbol for utrace probe, $syscall, $return, $argN or $$parms expected',
    ],
    [
      'begin',
      '$syscall',
      'only "process(PATH_OR_PID).syscall" and "process(PATH_OR_PID).syscall.return" probes support target symbols',
    ],
    ['syscall', '$arg1->x', "utrace target variable '$arg1' may not be used as a structure"],
    ['syscall', '&$arg1', 'cannot take address of context variable'],
  ])('%s %s', (moment, variable, expected) => {
    expect(value(moment, variable)).toBe(expected);
  });

  test('$$parms', () => {
    expect(value('syscall', '$$parms')).toMatch(
      /^sprintf\("\$arg1=%#x .* \$arg6=%#x", event_word\("syscall:0"\)/,
    );
  });

  test('to list', () => {
    const listed = ['begin', 'syscall', 'syscall.return'].map((moment) =>
      family.listVariables?.(family.build(parsedPoint(`process.${moment}`))),
    );
    expect(listed.map((names) => names?.length)).toEqual([0, 7, 2]);
  });
});
