import type { TimerHandle, TimerPort } from './engine-ports.ts';
import type { HandlerGate } from './pseudo-file.ts';

/** A periodic timer of a script. */
export interface PeriodicTimer {
  readonly intervalNs: number;
  /** The next interval is uniformly intervalNs ± randomizeNs. */
  readonly randomizeNs: number;
  readonly fire: () => void;
  /** Next expiry on the monotonic clock, for a timer that goes on from elsewhere. */
  readonly dueNs?: bigint | undefined;
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

/** A timer that is armed, or has expired and waits for the gate. */
interface Pending {
  readonly timer: PeriodicTimer;
  readonly dueNs: bigint;
  readonly handle: TimerHandle;
}

/**
 * Runs periodic timers. The first expiry is one interval after `start`; expiries keep to the time line of
 * the start without drift; a period missed because a handler or the gate took too long is left out.
 */
export class Scheduler {
  readonly #ports: SchedulerPorts;
  readonly #pending = new Map<PeriodicTimer, Pending>();
  #running = false;

  constructor(ports: SchedulerPorts) {
    this.#ports = ports;
  }

  /** Arms the timers: for their time due, all others from the same instant. */
  start(timers: readonly PeriodicTimer[]): void {
    this.#running = true;
    const nowNs = this.#ports.monotonicNs();
    for (const timer of timers) this.#arm(timer, timer.dueNs ?? nowNs + this.#nextIntervalNs(timer));
  }

  /** No timer fires any more. */
  stop(): void {
    this.#running = false;
    for (const { handle } of this.#pending.values()) handle.cancel();
    this.#pending.clear();
  }

  /** When each timer would expire next; those that wait for the gate have a time in the past. */
  dues(): ReadonlyMap<PeriodicTimer, bigint> {
    return new Map([...this.#pending.values()].map(({ timer, dueNs }) => [timer, dueNs]));
  }

  #arm(timer: PeriodicTimer, dueNs: bigint): void {
    const handle = this.#ports.timers.setTimer(dueNs, () => {
      this.#expire(pending);
    });
    const pending: Pending = { timer, dueNs, handle };
    this.#pending.set(timer, pending);
  }

  #expire(pending: Pending): void {
    const { timer, dueNs } = pending;
    // Stopped, and perhaps started anew, while it waited for the gate.
    if (this.#pending.get(timer) !== pending) return;
    if (!this.#ports.gate.ready()) {
      this.#ports.gate.whenReady(() => {
        this.#expire(pending);
      });
      return;
    }
    this.#pending.delete(timer);
    timer.fire();
    if (this.#running) this.#arm(timer, this.#nextDueNs(timer, dueNs));
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
