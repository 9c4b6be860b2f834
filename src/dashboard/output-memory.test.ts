import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES, MAX_REMEMBERED_LINES, MAX_REMEMBERED_UNITS, OutputMemory } from './output-memory.ts';

function memory(): OutputMemory {
  let id = 0;
  return new OutputMemory(() => ++id);
}

describe('the remembered output', () => {
  it('has the same lines wherever it was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '\xc3', '\xa9') })), (pieces) => {
        const cut = memory();
        for (const piece of pieces) cut.add('out', piece, 1);
        cut.end(1);
        const whole = memory();
        whole.add('out', pieces.join(''), 1);
        whole.end(1);
        expect(cut.after(0)).toEqual(whole.after(0));
        const text = Buffer.from(pieces.join(''), 'latin1').toString();
        if (!text.includes('\ufffd'))
          expect(cut.after(0).map((line) => line.text)).toEqual(
            text
              .replace(/\n$/, '')
              .split('\n')
              .slice(text === '' ? 1 : 0),
          );
      }),
    );
  });

  it('keeps both streams apart', () => {
    const both = memory();
    both.add('out', 'a', 1);
    both.add('err', 'b\n', 2);
    both.add('out', 'c\n', 3);
    expect(both.after(0)).toEqual([
      { id: 1, timeMs: 2, stream: 'err', text: 'b' },
      { id: 2, timeMs: 3, stream: 'out', text: 'ac' },
    ]);
  });

  it('cuts long lines, and says so', () => {
    const long = memory();
    for (let at = 0; at < 100; at++) long.add('out', 'x'.repeat(1000), 1);
    long.add('out', '\nshort\n', 1);
    expect(long.after(0).map(({ text }) => text)).toEqual([
      `${'x'.repeat(MAX_LINE_BYTES)}… (${100_000 - MAX_LINE_BYTES} more bytes)`,
      'short',
    ]);
  });

  it('forgets the oldest', () => {
    const many = memory();
    many.add('out', 'line\n'.repeat(MAX_REMEMBERED_LINES + 5), 1);
    expect([many.after(0).length, many.after(0)[0]?.id]).toEqual([MAX_REMEMBERED_LINES, 6]);
    const wide = memory();
    for (let at = 0; at < 1000; at++) wide.add('out', `${'x'.repeat(8000)}\n`, 1);
    const units = wide.after(0).reduce((sum, { text }) => sum + text.length, 0);
    expect(units).toBeLessThanOrEqual(MAX_REMEMBERED_UNITS);
    expect(units).toBeGreaterThan(MAX_REMEMBERED_UNITS - 8001);
  });

  it('tells what comes after a line; all of it to whoever has seen lines of another server', () => {
    const lines = memory();
    lines.add('out', 'a\nb\nc\n', 1);
    const after = (id: number): string =>
      lines
        .after(id)
        .map(({ text }) => text)
        .join('');
    expect([0, 1, 2, 3, 4].map(after)).toEqual(['abc', 'bc', 'c', '', 'abc']);
  });
});
