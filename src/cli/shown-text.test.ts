import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonOutput, shownText, shownValue } from './shown-text.ts';

describe('text of other users', () => {
  test('holds no control character when it is shown', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\x00-\x1f\x7f]/.test(shownText(text))));
    expect(shownText('a\x1b[31mb')).toBe('a^[[31mb');
  });

  test('holds nothing in JSON that terminals obey', () => {
    const hostile = 'a\x1bb\x7f\xc2\x9b31m\xe2\x80\xae';
    const text = Buffer.from(jsonOutput(hostile), 'latin1').toString('utf8');
    expect(text).toBe('"a\\u001bb\\u007f\\u009b31m\\u202e"\n');
  });

  test('is valid JSON with all digits', () => {
    const text = jsonOutput({ word: 'caf\xc3\xa9\n', large: 9223372036854775807n, list: [1n] });
    expect(Buffer.from(text, 'latin1').toString('utf8')).toBe(
      '{\n  "word": "café\\n",\n  "large": 9223372036854775807,\n  "list": [\n    1\n  ]\n}\n',
    );
  });
});

test('values show as a script would write them', () => {
  expect(shownValue(-5)).toBe('-5');
  expect(shownValue(1n << 62n)).toBe('4611686018427387904');
  expect(shownValue('a "b"\n\x01')).toBe('"a \\"b\\"\\n\\001"');
  expect(shownValue({ count: 2, sum: 3n, hist: [1] })).toBe('@count=2 @sum=3');
  expect(shownValue(undefined)).toBe('?');
});
