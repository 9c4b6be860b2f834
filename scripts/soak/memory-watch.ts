import { existsSync, readdirSync, readFileSync } from 'node:fs';

const PAGE_BYTES = 4096;
const BYTES_PER_MB = 1e6;

interface Sample {
  readonly atMs: number;
  readonly residentMb: number;
}

/** How memory went, from samples between the warm-up and the end. */
export interface MemoryVerdict {
  readonly startMb: number;
  readonly endMb: number;
  /** Medians of the second and the last quarter of the whole time. */
  readonly secondQuarterMb: number;
  readonly lastQuarterMb: number;
  /** Part by which the last quarter's median is above the second's. */
  readonly growth: number;
  /** Least-squares line through all samples after the warm-up. */
  readonly slopeMbPerHour: number;
  readonly samples: number;
}

/**
 * Samples the resident memory of a process. V8 lets its heap swing between collections, so that single samples say
 * little: flatness compares the median of the last quarter with that of the second; the first quarter is the warm-up.
 */
export class MemoryWatch {
  readonly #pid: number;
  readonly #samples: Sample[] = [];
  readonly #startMs = performance.now();

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Takes a sample and returns it, megabytes; 0 when the process has ended. */
  sample(): number {
    if (!existsSync(`/proc/${this.#pid}/statm`)) return 0;
    const pages = Number(readFileSync(`/proc/${this.#pid}/statm`, 'latin1').split(' ')[1]);
    const residentMb = (pages * PAGE_BYTES) / BYTES_PER_MB;
    this.#samples.push({ atMs: performance.now() - this.#startMs, residentMb });
    return residentMb;
  }

  /** Number of descriptors the process has open; 0 when it has ended. */
  descriptors(): number {
    if (!existsSync(`/proc/${this.#pid}/fd`)) return 0;
    return readdirSync(`/proc/${this.#pid}/fd`).length;
  }

  verdict(): MemoryVerdict {
    const totalMs = this.#samples.at(-1)?.atMs ?? 0;
    const between = (from: number, to: number): readonly Sample[] =>
      this.#samples.filter(({ atMs }) => atMs >= from * totalMs && atMs <= to * totalMs);
    const secondQuarterMb = median(between(0.25, 0.5));
    const lastQuarterMb = median(between(0.75, 1));
    return {
      startMb: this.#samples[0]?.residentMb ?? 0,
      endMb: this.#samples.at(-1)?.residentMb ?? 0,
      secondQuarterMb,
      lastQuarterMb,
      growth: lastQuarterMb / secondQuarterMb - 1,
      slopeMbPerHour: slope(between(0.25, 1)) * 3_600_000,
      samples: this.#samples.length,
    };
  }
}

function median(samples: readonly Sample[]): number {
  const sorted = samples.map(({ residentMb }) => residentMb).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Megabytes per millisecond. */
function slope(samples: readonly Sample[]): number {
  const count = samples.length;
  const meanAt = samples.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const meanMb = samples.reduce((sum, { residentMb }) => sum + residentMb, 0) / count;
  let above = 0;
  let below = 0;
  for (const { atMs, residentMb } of samples) {
    above += (atMs - meanAt) * (residentMb - meanMb);
    below += (atMs - meanAt) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
