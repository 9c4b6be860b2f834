import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonLines } from './json-lines.ts';
import type { LineOrigin } from './json-lines.ts';

interface Line {
  readonly kind: string;
  readonly time: string;
  readonly probe?: string;
  readonly text: string;
  readonly bytes?: string;
  readonly partial?: true;
}

const ORIGIN: LineOrigin = { realtimeNs: 1_795_420_298_637_999_999n, probe: 'begin' };

/** What a program that reads the objects gets; the stream is UTF-8. */
function parsed(stream: string): readonly Line[] {
  return stream
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as Line);
}

function linesOf(pieces: readonly string[], maxBytes?: number): readonly Line[] {
  let stream = '';
  const lines = new JsonLines((text) => (stream += text), maxBytes);
  for (const piece of pieces) lines.print(piece, () => ORIGIN);
  lines.end();
  return parsed(stream);
}

const bytesOf = ({ text, bytes }: Line): Buffer =>
  bytes === undefined ? Buffer.from(text) : Buffer.from(bytes, 'base64');

/** Whether what is broken counts as one or as several characters is left open. */
const squeezed = (text: string): string => text.replace(/\ufffd+/g, '\ufffd');

describe('an object', () => {
  it('tells where its line comes from', () => {
    let stream = '';
    const lines = new JsonLines((text) => (stream += text));
    const origin = { ...ORIGIN, probe: 'kernel.trace("a\xff")', pid: 7, tid: 8, execname: 'x"y', cpu: 0 };
    lines.print('hello\n', () => origin);
    expect(Buffer.from(stream, 'latin1').toString()).toBe(
      '{"kind":"output","time":"2026-11-23T07:51:38.637Z","probe":"kernel.trace(\\"a\ufffd\\")",' +
        '"pid":7,"tid":8,"execname":"x\\"y","cpu":0,"text":"hello"}\n',
    );
  });

  it('holds what several prints put together, of whom printed first', () => {
    let stream = '';
    const lines = new JsonLines((text) => (stream += text));
    for (const [probe, text] of [
      ['a', ''],
      ['b', 'one '],
      ['c', 'two\nthree'],
      ['d', '\n\n'],
    ] as const)
      lines.print(text, () => ({ ...ORIGIN, probe }));
    expect(parsed(stream).map(({ probe, text }) => [probe, text])).toEqual([
      ['b', 'one two'],
      ['c', 'three'],
      ['d', ''],
    ]);
  });

  it('says that the end of its line is missing', () => {
    expect(linesOf(['one\ntwo'])).toMatchObject([{ text: 'one' }, { text: 'two', partial: true }]);
    expect(linesOf(['one\n'])[0]).not.toHaveProperty('partial');
  });

  it('holds all bytes of what is no UTF-8', () => {
    expect(linesOf(['\xc3\xa4\xff\xc3\n'])).toMatchObject([
      { text: '\u00e4\ufffd\ufffd', bytes: 'w6T/ww==' },
    ]);
    expect(linesOf(['\xc3\xa4\xf0\x9f\x98\x80\n'])[0]).toEqual(
      expect.objectContaining({ text: '\u00e4\u{1f600}' }),
    );
    expect(linesOf(['\xc3\xa4\n'])[0]).not.toHaveProperty('bytes');
  });
});

it('a long line is told in parts that end between characters', () => {
  const lines = linesOf(
    [`${'\u00e4'.repeat(5)}b\n`].map((text) => Buffer.from(text).toString('latin1')),
    4,
  );
  expect(lines.map(({ text, partial }) => [text, partial])).toEqual([
    ['\u00e4\u00e4', true],
    ['\u00e4\u00e4', true],
    ['\u00e4b', undefined],
  ]);
  expect(linesOf(['\x80'.repeat(9)], 4).map((line) => bytesOf(line).length)).toEqual([4, 4, 1]);
});

it('a line goes on elsewhere', () => {
  let stream = '';
  const write = (text: string): string => (stream += text);
  const here = new JsonLines(write);
  here.print('one ', () => ORIGIN);
  const there = new JsonLines(write);
  there.restore(here.unfinished);
  there.print('two\n', () => ({ realtimeNs: 0n }));
  expect(parsed(stream)).toEqual([
    { kind: 'output', time: '2026-11-23T07:51:38.637Z', probe: 'begin', text: 'one two' },
  ]);
});

it('no byte is lost or added, however it is printed', () => {
  const byte = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(10, 0xc3, 0xa4, 0xe2, 0x82, 0xac, 34, 92),
  );
  const piece = fc.array(byte, { maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 12 }), (pieces, maxBytes) => {
      const lines = linesOf(pieces, maxBytes);
      const bytes = lines.map((line) => bytesOf(line).toString('latin1') + (line.partial ? '' : '\n'));
      expect(bytes.join('')).toBe(pieces.join(''));
      for (const line of lines) {
        expect(bytesOf(line).length).toBeLessThanOrEqual(maxBytes);
        expect(squeezed(line.text)).toBe(squeezed(bytesOf(line).toString()));
      }
    }),
  );
});
