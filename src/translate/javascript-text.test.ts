import { expect, it } from 'vitest';
import { clippedLiteral, lineComment } from './javascript-text.ts';

it('comments end where their line ends, whatever the name of the script', () => {
  expect(lineComment('begin, x\ny\r.stp:1:1')).toBe('// begin, x\\x0ay\\x0d.stp:1:1');
});

it('literals hold what a string value of the script can', () => {
  expect(clippedLiteral('a\0b', 512)).toBe('"a"');
  expect(clippedLiteral('abc\n', 4)).toBe('"abc"');
});
