import type { ProbeEvent } from '../module/probe-event.ts';
import type { SessionState } from './session-state.ts';

/** Ticks per second of `timer.profile` without a frequency. */
const PROFILE_HZ = 250;
const NS_PER_SECOND = 1_000_000_000;

/** The only state in which handlers of the event run. */
export function stateFor(event: ProbeEvent): SessionState | undefined {
  switch (event.family) {
    case 'begin':
      return 'STARTING';
    case 'end':
      return 'STOPPING';
    case 'error':
      return 'ERROR';
    case 'never':
      return undefined;
    case 'timer':
    case 'profile':
    case 'procfs':
    case 'tracepoint':
    case 'syscall':
    case 'kernel-function':
    case 'user':
    case 'process':
    case 'perf':
      return 'RUNNING';
  }
}

/** How often a timer fires; undefined for what is no timer. */
export function timerPeriod(
  event: ProbeEvent,
): { readonly intervalNs: number; readonly randomizeNs: number } | undefined {
  if (event.family === 'timer') return { intervalNs: event.intervalNs, randomizeNs: event.randomizeNs };
  if (event.family !== 'profile') return undefined;
  return { intervalNs: Math.ceil(NS_PER_SECOND / (event.hz ?? PROFILE_HZ)), randomizeNs: 0 };
}

/** Order of two begin, end or error probes. */
export function comparePriority(left: ProbeEvent, right: ProbeEvent): number {
  if (!('priority' in left) || !('priority' in right)) return 0;
  return left.priority < right.priority ? -1 : left.priority > right.priority ? 1 : 0;
}
