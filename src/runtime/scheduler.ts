import type { TimerHandle, TimerPort } from './engine-ports.ts';
import type { HandlerGate } from './pseudo-file.ts';

/** A periodic timer of a script. */
export interface PeriodicTimer {
  readonly intervalNs: number;
  /** The next interval is uniformly intervalNs ± randomizeNs. */
  readonly randomizeNs: number;
  readonly fire: () => void;
}

/** What the scheduler needs from outside. */
export interface SchedulerPorts {
  readonly timers: TimerPort;
  readonly monotonicNs: () => bigint;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Timers that expire while it is closed wait until it opens. */
  readonly gate: HandlerGate;
}

/**
 * Runs periodic timers. The first expiry is one interval after `start`; expiries keep to the time line of
 * the start without drift; a period missed because a handler or the gate took too long is left out.
 */
export class Scheduler {
  readonly #ports: SchedulerPorts;
  readonly #pending = new Map<PeriodicTimer, TimerHandle>();
  #running = false;

  constructor(ports: SchedulerPorts) {
    this.#ports = ports;
  }

  /** Arms the timers, all from the same instant. */
  start(timers: readonly PeriodicTimer[]): void {
    this.#running = true;
    const nowNs = this.#ports.monotonicNs();
    for (const timer of timers) this.#arm(timer, nowNs + this.#nextIntervalNs(timer));
  }

  /** No timer fires any more. */
  stop(): void {
    this.#running = false;
    for (const handle of this.#pending.values()) handle.cancel();
    this.#pending.clear();
  }

  #arm(timer: PeriodicTimer, dueNs: bigint): void {
    const handle = this.#ports.timers.setTimer(dueNs, () => {
      this.#pending.delete(timer);
      this.#expire(timer, dueNs);
    });
    this.#pending.set(timer, handle);
  }

  #expire(timer: PeriodicTimer, dueNs: bigint): void {
    if (!this.#running) return;
    if (!this.#ports.gate.ready()) {
      this.#ports.gate.whenReady(() => {
        this.#expire(timer, dueNs);
      });
      return;
    }
    timer.fire();
    if (this.#isRunning()) this.#arm(timer, this.#nextDueNs(timer, dueNs));
  }

  /** The handler may have stopped everything. */
  #isRunning(): boolean {
    return this.#running;
  }

  #nextDueNs(timer: PeriodicTimer, dueNs: bigint): bigint {
    const intervalNs = this.#nextIntervalNs(timer);
    const nextNs = dueNs + intervalNs;
    const nowNs = this.#ports.monotonicNs();
    if (nextNs > nowNs) return nextNs;
    return nextNs + ((nowNs - nextNs) / intervalNs + 1n) * intervalNs;
  }

  #nextIntervalNs(timer: PeriodicTimer): bigint {
    const offset = timer.randomizeNs === 0 ? 0 : (this.#ports.random() * 2 - 1) * timer.randomizeNs;
    return BigInt(Math.max(1, Math.round(timer.intervalNs + offset)));
  }
}
