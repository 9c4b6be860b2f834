import type { Clock } from '../../runtime/handler-context.ts';

/** How far the derived wall clock may be from the system's before it is taken anew: it was stepped. */
const MAX_DRIFT_MS = 2;
const READINGS = 5;

/** The machine's clocks. Wall time has microseconds: a base taken once plus the monotonic clock. */
export class SystemClock implements Clock {
  #wallMinusMonotonicNs: bigint | undefined;

  monotonicNs(): bigint {
    return process.hrtime.bigint();
  }

  realtimeNs(): bigint {
    return this.wallMinusMonotonicNs() + process.hrtime.bigint();
  }

  wallMinusMonotonicNs(): bigint {
    this.#wallMinusMonotonicNs ??= wallMinusMonotonicNs();
    const now = this.#wallMinusMonotonicNs + process.hrtime.bigint();
    if (Math.abs(Number(now / 1_000_000n) - Date.now()) > MAX_DRIFT_MS)
      this.#wallMinusMonotonicNs = wallMinusMonotonicNs();
    return this.#wallMinusMonotonicNs;
  }
}

/** Of several readings the one that was interrupted least. */
function wallMinusMonotonicNs(): bigint {
  const readings = Array.from({ length: READINGS }, () => {
    const before = process.hrtime.bigint();
    const wall = wallNs();
    const after = process.hrtime.bigint();
    return { tookNs: after - before, difference: wall - (before + after) / 2n };
  });
  return readings.reduce((best, one) => (one.tookNs < best.tookNs ? one : best)).difference;
}

/** Date.now() has milliseconds only: half of one is the best guess for the rest until performance.timeOrigin fits. */
function wallNs(): bigint {
  const precise = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
  const coarse = BigInt(Date.now()) * 1_000_000n + 500_000n;
  const difference = precise - coarse;
  return difference < 1_000_000n && difference > -1_000_000n ? precise : coarse;
}
