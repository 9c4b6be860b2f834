import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputRing } from './output-ring.ts';

function textOf(ring: OutputRing): string {
  return ring
    .records()
    .map(({ stream, bytes }) => `${stream}:${Buffer.from(bytes).toString('latin1')}`)
    .join(' ');
}

test('the oldest whole records give way', () => {
  const ring = new OutputRing(10);
  for (const word of ['aaaa', 'bbbb', 'cc', 'dd']) ring.push('out', Buffer.from(word));
  expect(textOf(ring)).toBe('out:bbbb out:cc out:dd');
  expect([ring.heldBytes, ring.lostBytes]).toEqual([8, 4]);
});

test('of a record larger than the ring its end is kept', () => {
  const ring = new OutputRing(4);
  ring.push('out', Buffer.from('old'));
  ring.push('err', Buffer.from('0123456789'));
  expect(textOf(ring)).toBe('err:6789');
  expect(ring.lostBytes).toBe(9);
});

test('peek joins records of one stream and stops at the other', () => {
  const ring = new OutputRing(1000);
  ring.push('out', Buffer.from('one'));
  ring.push('out', Buffer.from('two'));
  ring.push('err', Buffer.from('three'));
  ring.consume(1);
  expect(Buffer.from(ring.peek(100)?.bytes ?? []).toString()).toBe('netwo');
  expect(Buffer.from(ring.peek(4)?.bytes ?? []).toString()).toBe('netw');
  ring.consume(5);
  expect(ring.peek(100)?.stream).toBe('err');
  ring.consume(5);
  expect(ring.peek(100)).toBeUndefined();
});

test('a half-read record that gives way counts with what was left of it', () => {
  const ring = new OutputRing(6);
  ring.push('out', Buffer.from('abcdef'));
  ring.consume(2);
  ring.push('out', Buffer.from('ghi'));
  expect(textOf(ring)).toBe('out:ghi');
  expect(ring.lostBytes).toBe(4);
});

test('it behaves as a list of records does', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('push' as const),
      stream: fc.constantFrom('out' as const, 'err' as const),
      length: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 90_000 })),
    }),
    fc.record({ kind: fc.constant('consume' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 150_000 }),
      (steps, capacity) => {
        const ring = new OutputRing(capacity);
        let model: { stream: string; bytes: Buffer }[] = [];
        const held = (): number => model.reduce((sum, { bytes }) => sum + bytes.length, 0);
        let next = 0;
        for (const one of steps) {
          if (one.kind === 'push') {
            const bytes = Buffer.from(Array.from({ length: one.length }, () => next++ % 251));
            ring.push(one.stream, bytes);
            const kept = bytes.subarray(Math.max(0, bytes.length - capacity));
            while (held() + kept.length > capacity) model.shift();
            if (kept.length > 0) model.push({ stream: one.stream, bytes: kept });
          } else {
            let rest = Math.floor(held() * one.part);
            ring.consume(rest);
            model = model.flatMap((record) => {
              const cut = Math.min(rest, record.bytes.length);
              rest -= cut;
              return cut === record.bytes.length ? [] : [{ ...record, bytes: record.bytes.subarray(cut) }];
            });
          }
          expect(ring.heldBytes).toBe(held());
        }
        const found = ring
          .records()
          .map(({ stream, bytes }) => `${stream}${Buffer.from(bytes).toString('hex')}`);
        expect(found).toEqual(model.map(({ stream, bytes }) => `${stream}${bytes.toString('hex')}`));
      },
    ),
    { numRuns: 60 },
  );
});
