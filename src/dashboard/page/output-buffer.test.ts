import { describe, expect, test } from 'vitest';
import { linesWith, MAX_OUTPUT_LINES, OutputBuffer, piecesAround } from './output-buffer.ts';

const line = (id: number, text = `line ${id}`) => ({ id, timeMs: id, stream: 'out' as const, text });

describe('the output on the page', () => {
  test('numbers the lines, as ids start anew with each server', () => {
    const buffer = new OutputBuffer();
    expect(buffer.add([line(7)])).toMatchObject([{ id: 7, number: 0 }]);
    buffer.add([line(1), line(2)]);
    expect(buffer.lines.map(({ id, number }) => [id, number])).toEqual([
      [7, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  test('keeps the newest lines', () => {
    const buffer = new OutputBuffer();
    buffer.add(Array.from({ length: MAX_OUTPUT_LINES + 3 }, (_, index) => line(index)));
    expect(buffer.lines).toHaveLength(MAX_OUTPUT_LINES);
    expect(buffer.lines[0]?.id).toBe(3);
    expect(buffer.dropped).toBe(3);
    buffer.clear();
    expect(buffer.lines).toEqual([]);
    expect(buffer.add([line(5)])[0]?.number).toBe(MAX_OUTPUT_LINES + 3);
  });

  test('is searched whatever the case', () => {
    const buffer = new OutputBuffer();
    buffer.add([line(1, 'An Error'), line(2, 'fine')]);
    expect(linesWith(buffer.lines, 'eRR').map(({ id }) => id)).toEqual([1]);
    expect(linesWith(buffer.lines, '')).toHaveLength(2);
  });
});

test('occurrences are cut out', () => {
  expect(piecesAround('abcABx', 'ab')).toEqual(['', 'ab', 'c', 'AB', 'x']);
  expect(piecesAround('abc', '')).toEqual(['abc']);
  expect(piecesAround('abc', 'x')).toEqual(['abc']);
  expect(piecesAround('İab', 'ab')).toEqual(['İab']);
});
