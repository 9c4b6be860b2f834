import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeptOutput } from './kept-output.ts';

const CAPACITY = 1000;

test('what is kept is the end of all that was added, bounded, and nothing of it is counted twice', () => {
  const run = fc.record({ stream: fc.constantFrom('out' as const, 'err' as const), text: fc.string() });
  const large = fc.record({ stream: fc.constant('out' as const), text: fc.string({ minLength: 600 }) });
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: run }, large), { maxLength: 60 }), (runs) => {
      const kept = new KeptOutput(CAPACITY);
      for (const [index, { stream, text }] of runs.entries())
        kept.add({ stream, timeMs: index, bytes: Buffer.from(text, 'latin1') });
      const all = runs.map(({ text }) => text).join('');
      const held = kept.runs.map(({ bytes }) => bytes.toString('latin1')).join('');
      const latin1 = Buffer.from(all, 'latin1').toString('latin1');
      expect(latin1.endsWith(held)).toBe(true);
      expect(kept.droppedBytes + held.length).toBe(kept.allBytes);
      expect(kept.allBytes).toBe(latin1.length);
      expect(held.length + kept.runs.length * 64).toBeLessThanOrEqual(CAPACITY);
    }),
  );
});

test('many short runs are bounded, too', () => {
  const kept = new KeptOutput(CAPACITY);
  for (let count = 0; count < 1000; count++)
    kept.add({ stream: 'out', timeMs: count, bytes: Buffer.from('x') });
  expect(kept.runs.length).toBe(15);
  expect(kept.runs.at(-1)?.timeMs).toBe(999);
});
