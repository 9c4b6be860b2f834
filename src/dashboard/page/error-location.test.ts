import { describe, expect, test } from 'vitest';
import { addFindings, isInSource, locationIn, MAX_FINDINGS } from './error-location.ts';

describe('the place of an error', () => {
  test('is in the message', () => {
    expect(locationIn("ERROR: division by 0 near operator '/' at demo.stp:3:14")).toEqual({
      file: 'demo.stp',
      line: 3,
      column: 14,
    });
    expect(locationIn("near identifier 'x' at <input>:1:30")).toMatchObject({ file: '<input>', line: 1 });
    expect(locationIn('at /tmp/a b/demo.stp:7:1 and so on')).toMatchObject({ file: '/tmp/a b/demo.stp' });
  });

  test('is not in every message', () => {
    expect(locationIn('WARNING: Number of errors: 1, skipped probes: 0')).toBeUndefined();
    expect(locationIn('looked at demo.stp:3')).toBeUndefined();
  });
});

describe('findings', () => {
  const line = "ERROR: division by 0 near operator '/' at demo.stp:3:14";

  test('are counted when they come again', () => {
    const once = addFindings([], [line, 'WARNING: Number of errors: 1, skipped probes: 0']);
    expect(once).toMatchObject([{ severity: 'error', line: 3, column: 14, count: 1 }]);
    expect(addFindings(once, [line])).toMatchObject([{ line: 3, count: 2 }]);
  });

  test('are the same object when there is nothing new', () => {
    const known = addFindings([], [line]);
    expect(addFindings(known, ['hello at demo.stp:1:2'])).toBe(known);
  });

  test('are bounded', () => {
    const lines = Array.from(
      { length: MAX_FINDINGS + 5 },
      (_, index) => `WARNING: late at x.stp:${index + 1}:1`,
    );
    const findings = addFindings([], lines);
    expect(findings).toHaveLength(MAX_FINDINGS);
    expect(findings[0]).toMatchObject({ line: 6, severity: 'warning' });
  });
});

test('a source is known by its path or the end of it', () => {
  expect(isInSource({ file: 'demo.stp' }, 'demo.stp')).toBe(true);
  expect(isInSource({ file: '/tmp/demo.stp' }, 'demo.stp')).toBe(true);
  expect(isInSource({ file: 'demo.stp' }, '/tmp/demo.stp')).toBe(true);
  expect(isInSource({ file: 'mo.stp' }, 'demo.stp')).toBe(false);
});
