import { afterEach, expect, test } from 'vitest';
import { EventTimers } from './event-timers.ts';
import { loadNativeCalls } from './native-calls.ts';

const NS_PER_US = 1000n;

let timers: EventTimers | undefined;
afterEach(() => timers?.close());

function create(withNative: boolean): EventTimers {
  timers = new EventTimers(() => Promise.resolve(withNative ? loadNativeCalls() : undefined));
  return timers;
}

function fire(port: EventTimers, afterUs: number): Promise<bigint> {
  const due = process.hrtime.bigint() + BigInt(afterUs) * NS_PER_US;
  return new Promise((resolve) => port.setTimer(due, () => resolve(process.hrtime.bigint() - due)));
}

test.each([true, false])('never early, near or far; native calls: %s', async (withNative) => {
  const port = create(withNative);
  const lateness = await Promise.all([0, 150, 900, 4000, 12_000].map((afterUs) => fire(port, afterUs)));
  for (const late of lateness) expect(late).toBeGreaterThanOrEqual(0n);
});

test('timers fire in the order of their times, whatever the order they were set in', async () => {
  const port = create(true);
  const order: number[] = [];
  await Promise.all(
    [2000, 300, 1000].map((afterUs) => fire(port, afterUs).then(() => void order.push(afterUs))),
  );
  expect(order).toEqual([300, 1000, 2000]);
});

test('a cancelled timer stays silent, before and after it moved to the precise clock', async () => {
  const port = create(true);
  const fired: string[] = [];
  const now = process.hrtime.bigint();
  const near = port.setTimer(now + 500n * NS_PER_US, () => fired.push('near'));
  const far = port.setTimer(now + 6000n * NS_PER_US, () => fired.push('far'));
  near.cancel();
  setTimeout(() => far.cancel(), 1);
  await fire(port, 15_000);
  expect(fired).toEqual([]);
});

test('without native calls a timer that is set again and again does not multiply the waits', async () => {
  const port = create(false);
  let count = 0;
  const again = (): void => {
    count++;
    port.setTimer(process.hrtime.bigint() + 500n * NS_PER_US, again);
  };
  again();
  await expect.poll(() => count).toBeGreaterThan(15);
  const waits = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout');
  expect(waits.length).toBeLessThan(10);
});
