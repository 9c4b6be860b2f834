import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseWatchEvent } from './parse-watch-event.ts';

test.each([
  [
    { event: 'output', stream: 'err', text: 'a', timeMs: 1, more: 2 },
    { event: 'output', stream: 'err', text: 'a', timeMs: 1 },
  ],
  [
    { event: 'output-missed', bytes: 3 },
    { event: 'output-missed', bytes: 3 },
  ],
  [{ event: 'reloaded' }, { event: 'reloaded' }],
  [
    { event: 'finished', status: 0, module: 'x' },
    { event: 'finished', status: 0, module: 'x' },
  ],
])('%j', (value, event) => {
  expect(parseWatchEvent(value)).toEqual(event);
});

test.each([
  { event: 'attached' },
  { event: 'output', stream: 'other', text: 'a', timeMs: 1 },
  { event: 'output', stream: 'out', text: 5, timeMs: 1 },
  { event: 'output-missed', bytes: -1 },
  { event: 'output-missed', bytes: '1' },
])('is no event: %j', (value) => {
  expect(parseWatchEvent(value)).toBeUndefined();
});

test('nothing that anybody sends is taken for more than it is', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('output', 'output-missed', 'finished'),
      fc.dictionary(fc.constantFrom('stream', 'text', 'bytes', 'status', 'timeMs'), fc.jsonValue()),
      (event, rest) => {
        const parsed = parseWatchEvent({ ...rest, event });
        if (parsed?.event === 'output')
          expect([typeof parsed.text, typeof parsed.timeMs]).toEqual(['string', 'number']);
        if (parsed?.event === 'output-missed') expect(parsed.bytes).toBeGreaterThan(0);
        if (parsed?.event === 'finished') expect([0, 1]).toContain(parsed.status);
      },
    ),
  );
});
