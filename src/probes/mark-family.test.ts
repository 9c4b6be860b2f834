import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { printBlock } from '../ast/print-statement.ts';
import { compiledProgram } from '../elf/testing/compiled-program.ts';
import { programFacts } from '../symbols/program-facts.ts';
import type { ProbeEnvironment } from './kernel-facts.ts';
import { markFamily } from './mark-family.ts';
import { pointText } from './point-text.ts';
import type { ExpandedBody } from './probe-family.ts';
import { parsedPoint, parsedProbe } from './testing/parsed-probe.ts';
import { programFactsFixture } from './testing/program-facts-fixture.ts';

function matched(
  text: string,
  target: ProbeEnvironment['target'] = {},
): readonly (readonly [string, unknown])[] {
  const family = markFamily({ programs: programFactsFixture(), target });
  const points = family.matches?.(parsedPoint(text)) ?? [];
  return points.map((point) => [pointText(point), family.build(point)]);
}

const texts = (text: string, target?: ProbeEnvironment['target']): readonly string[] =>
  matched(text, target).map(([point]) => point);

/** Handlers of all places of a mark. */
function expanded(mark: string, body: string): readonly ExpandedBody[] {
  const family = markFamily({ programs: programFactsFixture(), target: {} });
  const probe = parsedProbe(`probe process("shop").mark("${mark}") { ${body} }`);
  const points = family.matches?.(probe.points[0] ?? parsedPoint('begin')) ?? [];
  return points.flatMap(
    (point) => family.expandContext?.(probe.body, family.build(point), (_file, kind) => kind) ?? [],
  );
}

describe('points', () => {
  test('one for each place of the mark, which share the path, the build id and the semaphore', () => {
    const event = { family: 'user', path: '/usr/bin/shop', buildId: '0123abcd', isReturn: false } as const;
    const sold = { ...event, symbol: 'sold', provider: 'shop', semaphoreOffset: 0x3000 };
    expect(matched('process("shop").mark("sold")')).toEqual([
      ['process("/usr/bin/shop").mark("sold")', { ...sold, offset: 0x110 }],
      ['process("/usr/bin/shop").mark("sold")', { ...sold, offset: 0x190 }],
    ]);
  });

  test.each([
    ['process("shop").mark("given-away")', ['process("/usr/bin/shop").mark("given__away")']],
    ['process("shop").mark("open*")', ['process("/usr/bin/shop").mark("opened")']],
    [
      'process("shop").provider("d*").mark("*")',
      ['process("/usr/bin/shop").provider("door").mark("opened")'],
    ],
    [
      'process("/usr/bin/s*").mark("sold")',
      [
        'process("/usr/bin/shop").mark("sold")',
        'process("/usr/bin/shop").mark("sold")',
        'process("/usr/bin/stall").mark("sold")',
      ],
    ],
    [
      'process("shop").library("libtill*").mark("ring")',
      ['process("/usr/bin/shop").library("/usr/lib/libtill.so.1").mark("ring")'],
    ],
  ])('%s', (text, expected) => {
    expect(texts(text)).toEqual(expected);
  });

  test('a process by its number', () => {
    expect(matched('process(7).mark("opened")')).toMatchObject([
      ['process(7).mark("opened")', { path: '/usr/bin/shop', pid: 7, symbol: 'opened' }],
    ]);
  });

  test('the program of -c or -x', () => {
    const here = ['process("/usr/bin/shop").mark("opened")'];
    expect(texts('process.mark("opened")', { command: "'shop' --all" })).toEqual(here);
    expect(texts('process.mark("opened")', { pid: 7 })).toEqual(here);
    const [[, event] = []] = matched('process.mark("opened")', { pid: 7 });
    expect(event).toMatchObject({ path: '/usr/bin/shop' });
    expect(event).not.toHaveProperty('pid');
  });

  test.each([
    ['process("shop").mark("solt")', 'no match (similar marks: sold, opened, given__away)'],
    ['process("shop").provider("none").mark("sold")', 'no match'],
    ['process("/usr/lib/libc.so.6").mark("x")', "no match ('/usr/lib/libc.so.6' has no marks)"],
    ['process("none").mark("x")', "cannot find executable 'none'"],
    ['process("/none*").mark("x")', "no program matches '/none*'"],
    ['process(8).mark("x")', 'cannot probe pid 8: No such process'],
    ['process(0).mark("x")', 'cannot probe pid 0: No such process'],
    [
      'process.mark("x")',
      'unspecified process probe is invalid without a -c COMMAND or -x PID [man stapprobes]',
    ],
    [
      'process("shop").library("libnone").mark("x")',
      'no match (similar libraries: /usr/lib/libc.so.6, /usr/lib/libtill.so.1)',
    ],
  ])('%s: %s', (text, message) => {
    expect(() => matched(text)).toThrow(message);
  });

  test('variables to list', () => {
    const family = markFamily({ programs: programFactsFixture(), target: {} });
    const [point] = family.matches?.(parsedPoint('process("shop").mark("sold")')) ?? [];
    if (point === undefined) throw new Error('no match');
    expect(family.listVariables?.(family.build(point))).toEqual([
      ...['$arg1:long', '$arg2:long', '$arg3:long', '$arg4:long'],
    ]);
  });
});

describe('context variables', () => {
  const value = (mark: string, variable: string): readonly string[] =>
    expanded(mark, `x = ${variable}`).map(({ body, unresolvedTargets }) => {
      const [reason] = unresolvedTargets.values();
      return reason?.message ?? /\(x\) = \((.*)\)/.exec(printBlock(body))?.[1] ?? '';
    });

  test('each place has its own operands', () => {
    expect(value('sold', '$arg1')).toEqual([
      '((event_word("register:5")) << (32)) >> (32)',
      'user_read((event_word("register:6")) + (-20), 4, 1)',
    ]);
    expect(value('sold', '$arg2')).toEqual(['5', '6']);
  });

  test('a variable of the program is found from the place of the mark', () => {
    expect(value('sold', '$arg3')).toEqual([
      `user_read((event_word("register:16")) + (${0x5000 - 0x1110}), 8, 0)`,
      "the address of variable 'other' of '/usr/bin/shop' is not known",
    ]);
  });

  test.each([
    ['$$name', '"opened"'],
    ['$$provider', '"door"'],
    ['$$vars', 'sprintf("$arg1=%#x", event_word("register:5"))'],
    ['$$parms', 'sprintf("$arg1=%#x", event_word("register:5"))'],
    ['$$args', 'sprintf("$arg1=%#x", event_word("register:5"))'],
  ])('%s', (variable, expected) => {
    expect(value('opened', variable)).toEqual([expected]);
  });

  test('arguments that cannot be read do not hide the others', () => {
    expect(value('sold', '$$vars')[0]).toMatch(/^sprintf\("\$arg1=%#x \$arg2=%#x \$arg3=%#x \$arg4=\?"/);
    expect(value('given__away', '$$vars')).toEqual(['""']);
  });

  test.each([
    ['$arg4', "cannot read '$arg4': it is a floating-point number"],
    ['$arg5', "unable to find mark argument '$arg5' (alternatives: $arg1, $arg2, $arg3, $arg4)"],
    ['$other', "unable to find mark argument '$other' (alternatives: $arg1, $arg2, $arg3, $arg4)"],
    ['&$arg1', 'cannot take address of sdt variable'],
    ['$arg1->next', "type definition 'sold_arg1' not found in '/usr/bin/shop'"],
  ])('%s is refused', (variable, message) => {
    expect(value('sold', variable)[0]).toBe(message);
  });
});

test('marks of a real program', () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'stap-marks-')));
  try {
    const path = compiledProgram(directory);
    const family = markFamily({ programs: programFacts({ path: directory }), target: {} });
    const points = family.matches?.(parsedPoint(`process("${directory}/s*").mark("sold")`)) ?? [];
    expect(points.map((point) => pointText(point))).toEqual([`process("${path}").mark("sold")`]);
    expect(points.map((point) => family.build(point))).toMatchObject([
      { path, provider: 'shop', symbol: 'sold' },
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
