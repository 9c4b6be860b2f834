import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventStreamParser, MAX_EVENT_LENGTH } from './event-stream-parser.ts';

const parse = (...pieces: string[]) => {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('an event stream', () => {
  test('gives name, data and last id', () => {
    expect(parse('event: state\nid: 7\ndata: {"a":1}\n\n')).toEqual([
      { name: 'state', data: '{"a":1}', lastId: '7' },
    ]);
  });

  test('joins lines of data, keeps the id, forgets the name', () => {
    expect(parse('id:1\nevent:x\ndata:a\ndata: b\n\ndata:c\n\n')).toEqual([
      { name: 'x', data: 'a\nb', lastId: '1' },
      { name: 'message', data: 'c', lastId: '1' },
    ]);
  });

  test('passes over comments, unknown fields and events without data', () => {
    expect(parse(': hello\nretry: 10\n\nevent: e\n\ndata\n\n')).toEqual([
      { name: 'message', data: '', lastId: '' },
    ]);
  });

  test('is the same however it is cut, with any line end', () => {
    const stream = 'event: a\ndata: ä1\n\nid: 5\ndata: x\ndata: y\n\n';
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat({ max: 60 }), { maxLength: 6 }),
        (lineEnd, cuts) => {
          const text = stream.replaceAll('\n', lineEnd);
          const places = [0, ...cuts.sort((a, b) => a - b), text.length];
          const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
          expect(parse(...pieces, '\n')).toEqual(parse(stream));
        },
      ),
    );
  });

  test('refuses an event that never ends', () => {
    const parser = new EventStreamParser();
    parser.push(`data: ${'x'.repeat(MAX_EVENT_LENGTH - 100)}`);
    expect(() => parser.push('x'.repeat(200))).toThrow(RangeError);
  });
});
