import { expect, test } from 'vitest';
import type { ProbeDeclaration } from '../../ast/declaration.ts';
import { printBlock } from '../../ast/print-statement.ts';
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import type { EntryOfReturn } from '../../probes/probe-family.ts';
import { parsedPoint, parsedProbe } from '../../probes/testing/parsed-probe.ts';
import { programFactsFixture } from '../../probes/testing/program-facts-fixture.ts';
import { userFunctionFamily } from '../../probes/user-function-family.ts';
import { EntryValues, type SplitBody } from './entry-values.ts';

const family = userFunctionFamily({ programs: programFactsFixture(), target: {} });
const POINT = 'process("shop").function("sell").return';

function entryOf(keeps?: (name: string) => boolean): EntryOfReturn {
  const [point] = family.matches?.(parsedPoint(POINT)) ?? [];
  const entry = point && family.entry?.(point, family.build(point));
  if (entry === undefined) throw new Error('no entry');
  return { ...entry, ...(keeps && { keeps }) };
}

function values(reports: Diagnostic[] = []): EntryValues {
  return new EntryValues((_file, kind) => kind, { report: (diagnostic) => void reports.push(diagnostic) });
}

const declared = (body: string): ProbeDeclaration => parsedProbe(`probe ${POINT} { ${body} }`);
const text = (body: SplitBody['body'] | undefined): string =>
  body === undefined ? '' : printBlock(body).replaceAll(/[();]/g, '').replaceAll(/\s+/g, ' ');

test('the entry counts and keeps, the return fetches first of all', () => {
  const probe = declared('x = @entry(gettimeofday_us()) y = $return');
  const split = values().split(probe, probe.body, entryOf(), family);
  expect(text(split?.entry?.body)).toBe(
    '{ __entry_depth_0[0, tid]++ __entry_saved0_0[0, tid, __entry_depth_0[0, tid]] = gettimeofday_us }',
  );
  expect(text(split?.body)).toBe(
    '{ __entry_value0 = __entry_saved0_0[0, tid, __entry_depth_0[0, tid]]' +
      ' delete __entry_saved0_0[0, tid, __entry_depth_0[0, tid]]' +
      ' if __entry_depth_0[0, tid] > 1 __entry_depth_0[0, tid] = __entry_depth_0[0, tid] - 1' +
      ' else delete __entry_depth_0[0, tid] x = __entry_value0 y = $return }',
  );
  expect(split?.contextCallees.size).toBe(8);
  expect(split?.entry?.contextCallees.size).toBe(3);
});

test('the same operand is kept once, others besides; what is nested is the same value', () => {
  const probe = declared('x = @entry(pid()) y = @entry(@entry(pid())) z = @entry(tid())');
  const split = values().split(probe, probe.body, entryOf(), family);
  expect(text(split?.entry?.body)).toMatch(/saved0_0\[.*\] = pid .*saved1_0\[.*\] = tid }$/);
  expect(text(split?.body)).toMatch(/x = __entry_value0 y = __entry_value0 z = __entry_value1 }$/);
});

test('probes of a declaration share variables, which are private to it', () => {
  const store = values();
  const probe = declared('x = @entry(pid())');
  const places = [probe, probe, declared('x = @entry(pid())')].map((declaration) =>
    text(store.split(declaration, declaration.body, entryOf(), family)?.entry?.body).slice(0, 26),
  );
  expect(places).toEqual([
    ...['{ __entry_depth_0[0, tid]+', '{ __entry_depth_0[1, tid]+', '{ __entry_depth_1[0, tid]+'],
  ]);
  expect(
    [...store.files].map(({ source, globals }) => [source.origin, globals.map(({ name }) => name)]),
  ).toEqual([
    ['library', ['__entry_depth_0', '__entry_saved0_0']],
    ['library', ['__entry_depth_1', '__entry_saved0_1']],
  ]);
});

test('context variables that mean the entry are kept, with a warning', () => {
  const reports: Diagnostic[] = [];
  const probe = declared('x = $$parms y = @entry($$parms) y = @entry($$parms) z = $return');
  const split = values(reports).split(
    probe,
    probe.body,
    entryOf((name) => name === '$$parms'),
    family,
  );
  expect(text(split?.body)).toMatch(
    /x = __entry_value0 y = __entry_value0 y = __entry_value0 z = \$return }$/,
  );
  expect(reports.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
    'warning: confusing usage, consider @entry($$parms) in .return probe',
  ]);
});

test('what the entry does not know stays where it stands, to be refused', () => {
  const probe = declared('if (@defined(@entry($amount))) x = 1');
  const split = values().split(probe, probe.body, entryOf(), family);
  expect(text(split?.body)).toBe('{ if @defined$amount x = 1 }');
  expect(split?.entry).toBeUndefined();
});

test('a body without @entry is left alone', () => {
  const probe = declared('x = $return');
  expect(values().split(probe, probe.body, entryOf(), family)).toBeUndefined();
});

test('what the return knows as it was is not kept', () => {
  const remains = (name: string): boolean => name === '$arg1';
  const probe = declared('x = @entry($arg1) + $arg1');
  const split = values().split(
    probe,
    probe.body,
    { ...entryOf((name) => name === '$arg1'), remains },
    family,
  );
  expect(split?.entry).toBeUndefined();
  expect(text(split?.body)).toBe('{ x = $arg1 + $arg1 }');
  const other = declared('x = @entry($arg1) + @entry(pid())');
  const both = values().split(other, other.body, { ...entryOf(), remains }, family);
  expect(text(both?.body)).toMatch(/x = \$arg1 \+ __entry_value0 }$/);
});
