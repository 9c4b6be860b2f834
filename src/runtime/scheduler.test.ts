import { describe, expect, it } from 'vitest';
import { Scheduler } from './scheduler.ts';
import type { SchedulerPorts } from './scheduler.ts';
import { ManualTime } from './testing/memory-ports.ts';

const OPEN = { ready: () => true, whenReady: (callback: () => void) => callback() };

function schedulerAt(time: ManualTime, ports: Partial<SchedulerPorts> = {}): Scheduler {
  return new Scheduler({
    timers: time,
    monotonicNs: () => time.monotonicNs(),
    random: () => 0.5,
    gate: OPEN,
    ...ports,
  });
}

describe('a periodic timer', () => {
  it('fires first after one interval and then without drift', () => {
    const time = new ManualTime();
    const startNs = time.nowNs;
    const fired: bigint[] = [];
    const timer = {
      intervalNs: 100,
      randomizeNs: 0,
      fire: () => {
        fired.push(time.nowNs - startNs);
        time.stall(30n);
      },
    };
    schedulerAt(time).start([timer]);
    time.advance(450n);
    expect(fired).toEqual([100n, 200n, 300n, 400n]);
  });

  it('leaves out the periods a long handler missed', () => {
    const time = new ManualTime();
    const startNs = time.nowNs;
    const fired: bigint[] = [];
    const fire = (): void => {
      fired.push(time.nowNs - startNs);
      if (fired.length === 1) time.stall(250n);
    };
    schedulerAt(time).start([{ intervalNs: 100, randomizeNs: 0, fire }]);
    time.advance(600n);
    expect(fired).toEqual([100n, 400n, 500n, 600n]);
  });

  it('varies its interval by the random share of randomizeNs', () => {
    const time = new ManualTime();
    const startNs = time.nowNs;
    const shares = [0, 0.75, 0.5];
    const fired: bigint[] = [];
    const scheduler = schedulerAt(time, { random: () => shares.shift() ?? 0.5 });
    scheduler.start([{ intervalNs: 100, randomizeNs: 40, fire: () => fired.push(time.nowNs - startNs) }]);
    time.advance(400n);
    expect(fired).toEqual([60n, 180n, 280n, 380n]);
  });

  it('waits for the gate and stops for good', () => {
    const time = new ManualTime();
    const waiting: (() => void)[] = [];
    let open = false;
    let fired = 0;
    const scheduler = schedulerAt(time, {
      gate: { ready: () => open, whenReady: (callback) => waiting.push(callback) },
    });
    scheduler.start([{ intervalNs: 100, randomizeNs: 0, fire: () => (fired += 1) }]);
    time.advance(350n);
    expect([fired, waiting.length]).toEqual([0, 1]);
    open = true;
    waiting.shift()?.();
    expect(fired).toBe(1);
    time.advance(100n);
    expect(fired).toBe(2);
    scheduler.stop();
    time.advance(1000n);
    expect([fired, time.waiting]).toEqual([2, 0]);
  });
});
