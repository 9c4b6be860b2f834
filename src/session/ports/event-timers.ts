import { closeSync } from 'node:fs';
import type { TimerHandle, TimerPort } from '../../runtime/engine-ports.ts';
import type { DescriptorWatch, NativeCalls } from './native-calls.ts';

/** Node's timers have whole milliseconds and may be one late; below this the kernel's timer is used. */
const PRECISE_BELOW_NS = 3_000_000n;
const NS_PER_MS = 1_000_000n;

interface PendingTimer extends TimerHandle {
  readonly atNs: bigint;
  readonly callback: () => void;
}

/**
 * Timers on the event loop. Far ones wait in Node's timers, near ones on one timerfd, which is as precise as the
 * kernel's hrtimers; without native calls near ones are as late as Node's timers are.
 */
export class EventTimers implements TimerPort {
  readonly #loadNative: () => Promise<NativeCalls | undefined>;
  readonly #precise = new Set<PendingTimer>();
  #native: NativeCalls | undefined;
  #loading: Promise<void> | undefined;
  #timerFd = -1;
  #watch: DescriptorWatch | undefined;
  #armedForNs: bigint | undefined;
  #retry: NodeJS.Timeout | undefined;

  /** @param loadNative undefined when the machine offers none */
  constructor(loadNative: () => Promise<NativeCalls | undefined>) {
    this.#loadNative = loadNative;
  }

  setTimer(atMonotonicNs: bigint, callback: () => void): TimerHandle {
    const remainingNs = atMonotonicNs - process.hrtime.bigint();
    if (remainingNs < PRECISE_BELOW_NS) return this.#setPrecise(atMonotonicNs, callback);
    let inner: TimerHandle | undefined;
    const timeout = setTimeout(
      () => (inner = this.setTimer(atMonotonicNs, callback)),
      Number((remainingNs - NS_PER_MS) / NS_PER_MS),
    );
    return {
      cancel: () => {
        clearTimeout(timeout);
        inner?.cancel();
      },
    };
  }

  /** Gives the descriptor back; timers still pending are not called any more. */
  close(): void {
    this.#precise.clear();
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#watch?.close();
    this.#watch = undefined;
    if (this.#timerFd >= 0) closeSync(this.#timerFd);
    this.#timerFd = -1;
  }

  #setPrecise(atNs: bigint, callback: () => void): TimerHandle {
    const timer: PendingTimer = { atNs, callback, cancel: () => void this.#precise.delete(timer) };
    this.#precise.add(timer);
    if (this.#watch !== undefined) {
      this.#arm();
    } else if (this.#loading === undefined) {
      this.#loading = this.#open();
    } else if (this.#native === undefined) {
      this.#fireLater();
    }
    return timer;
  }

  async #open(): Promise<void> {
    this.#native = await this.#loadNative();
    const fd = this.#native?.createTimer() ?? -1;
    if (this.#native === undefined || fd < 0) {
      this.#native = undefined;
      this.#fireLater();
      return;
    }
    this.#timerFd = fd;
    this.#watch = this.#native.watch(fd, 'readable', () => {
      this.#native?.clearTimer(fd);
      this.#armedForNs = undefined;
      this.#fireDue();
    });
    this.#arm();
  }

  #fireDue(): void {
    const now = process.hrtime.bigint();
    for (const timer of [...this.#precise].sort((one, other) => (one.atNs < other.atNs ? -1 : 1))) {
      if (timer.atNs > now || !this.#precise.delete(timer)) continue;
      timer.callback();
    }
    if (this.#watch !== undefined) this.#arm();
    else if (this.#precise.size > 0) this.#fireLater();
  }

  /** Without native calls: looks again in a millisecond, once however many ask. */
  #fireLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#fireDue();
    }, 1);
  }

  /** Sets the kernel's timer to the earliest pending one. */
  #arm(): void {
    let earliestNs: bigint | undefined;
    for (const timer of this.#precise)
      if (earliestNs === undefined || timer.atNs < earliestNs) earliestNs = timer.atNs;
    if (earliestNs === undefined || earliestNs === this.#armedForNs) return;
    this.#armedForNs = earliestNs;
    this.#native?.setTimer(this.#timerFd, earliestNs > 0n ? earliestNs : 1n);
  }
}
