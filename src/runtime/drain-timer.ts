import type { TimerHandle } from './engine-ports.ts';
import type { SchedulerPorts } from './scheduler.ts';

const NS_PER_MS = 1_000_000n;
/** While records come. */
const BUSY_INTERVAL_NS = 5n * NS_PER_MS;
/** While none come, the interval doubles up to this. */
const IDLE_INTERVAL_NS = 40n * NS_PER_MS;
/** Files and other timers get their turn after that long. */
const SLICE_NS = 20n * NS_PER_MS;
/** A look at the clock costs about as much as a record. */
const RECORDS_PER_LOOK = 8;

/** Drains the records of the kernel from time to time, no longer than others can wait, and not while output waits. */
export class DrainTimer {
  readonly #ports: Omit<SchedulerPorts, 'random'>;
  readonly #drain: () => number;
  #handle: TimerHandle | undefined;
  #intervalNs = BUSY_INTERVAL_NS;
  /** While this timer drains: when the slice ends. */
  #untilNs: bigint | undefined;
  #cutShort = false;
  #recordsToLook = 0;

  /** `drain` takes records as long as `allowsMore`, and returns their number. */
  constructor(ports: Omit<SchedulerPorts, 'random'>, drain: () => number) {
    this.#ports = ports;
    this.#drain = drain;
  }

  start(): void {
    this.#intervalNs = BUSY_INTERVAL_NS;
    this.#arm(this.#intervalNs);
  }

  /** It drains no more, until `start`. */
  stop(): void {
    this.#handle?.cancel();
    this.#handle = undefined;
  }

  /** Whether a further record may be taken in the same drain; always so when someone else drains. */
  allowsMore(): boolean {
    if (this.#untilNs === undefined) return true;
    if (this.#ports.gate.ready() && !this.#isOver(this.#untilNs)) return true;
    this.#cutShort = true;
    return false;
  }

  #isRunning(): boolean {
    return this.#handle !== undefined;
  }

  #isOver(untilNs: bigint): boolean {
    this.#recordsToLook -= 1;
    if (this.#recordsToLook > 0) return false;
    this.#recordsToLook = RECORDS_PER_LOOK;
    return this.#ports.monotonicNs() >= untilNs;
  }

  #arm(delayNs: bigint): void {
    this.#handle = this.#ports.timers.setTimer(this.#ports.monotonicNs() + delayNs, () => {
      this.#expire();
    });
  }

  #expire(): void {
    if (!this.#isRunning()) return;
    const { gate } = this.#ports;
    if (!gate.ready()) {
      gate.whenReady(() => {
        this.#expire();
      });
      return;
    }
    this.#untilNs = this.#ports.monotonicNs() + SLICE_NS;
    this.#recordsToLook = RECORDS_PER_LOOK;
    this.#cutShort = false;
    const taken = this.#drain();
    this.#untilNs = undefined;
    if (this.#isRunning()) this.#arm(this.#nextDelayNs(taken));
  }

  #nextDelayNs(taken: number): bigint {
    if (this.#cutShort) return 0n;
    if (taken > 0) this.#intervalNs = BUSY_INTERVAL_NS;
    else if (this.#intervalNs < IDLE_INTERVAL_NS) this.#intervalNs *= 2n;
    return this.#intervalNs;
  }
}
