import { expect, test } from 'vitest';
import { HISTORY_LINE_BYTES, HISTORY_LINES, OutputHistory } from './output-history.ts';

test('lines come together from pieces; one that has begun counts', () => {
  const history = new OutputHistory();
  history.add('a');
  history.add('b\nc\nd');
  expect(history.end).toBe(3);
  expect(history.lines(0, 10)).toEqual(['ab', 'c', 'd']);
  expect(history.lines(1, 1)).toEqual(['c']);
  expect(history.lines(2, 5)).toEqual(['d']);
  expect(history.lines(3, 5)).toEqual([]);
  history.add('e\n');
  expect(history.lines(2, 5)).toEqual(['de']);
});

test('a carriage return starts the line anew, before a newline it is none', () => {
  const history = new OutputHistory();
  history.add('10%\r20%\r');
  expect(history.lines(0, 1)).toEqual(['20%']);
  history.add('30%\r\nend\r\n');
  expect(history.lines(0, 3)).toEqual(['30%', 'end']);
});

test('the newest lines are kept, numbers stay', () => {
  const history = new OutputHistory();
  for (let line = 0; line < 3 * HISTORY_LINES; line++) history.add(`${line}\n`);
  expect(history.end).toBe(3 * HISTORY_LINES);
  expect(history.first).toBe(2 * HISTORY_LINES);
  expect(history.lines(history.first, 2)).toEqual([`${2 * HISTORY_LINES}`, `${2 * HISTORY_LINES + 1}`]);
  expect(history.lines(history.end - 1, 5)).toEqual([`${3 * HISTORY_LINES - 1}`]);
});

test('a line that is too long is cut', () => {
  const history = new OutputHistory();
  for (let piece = 0; piece < 100; piece++) history.add('x'.repeat(100));
  history.add('\n');
  expect(history.lines(0, 1)[0]).toHaveLength(HISTORY_LINE_BYTES);
});
