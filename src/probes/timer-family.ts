import type { ProbePoint } from '../ast/declaration.ts';
import type { Int64 } from '../int64/int64.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import { pointError } from './point-error.ts';
import { numberArgument, type ProbeFamily } from './probe-family.ts';

const NS_PER_SECOND = 1_000_000_000;
const SHORTEST_NS = 100_000;
const LONGEST_NS = 86_400 * NS_PER_SECOND;
const LONGEST_JIFFIES = 1_000_000;
/** A jiffy of a kernel with HZ=250, Debian's setting. */
const NS_PER_JIFFY = 4_000_000;

const UNITS: readonly (readonly [names: readonly string[], unitNs: number])[] = [
  [['s', 'sec'], NS_PER_SECOND],
  [['ms', 'msec'], 1_000_000],
  [['us', 'usec'], 1_000],
  [['ns', 'nsec'], 1],
];

/** `timer.s(N)` … `timer.jiffies(N)`, each with `.randomize(M)`, and `timer.hz(N)` (stapprobes(3stap), TIMERS). */
export const TIMER_FAMILIES: readonly ProbeFamily[] = [
  ...UNITS.flatMap(([names, unitNs]) => names.map((name) => intervalFamily(name, unitNs))),
  {
    name: 'timer.jiffies',
    patterns: ['timer.jiffies(number)', 'timer.jiffies(number).randomize(number)'],
    unprivileged: true,
    build: jiffiesTimer,
  },
  {
    name: 'timer.hz',
    patterns: ['timer.hz(number)'],
    unprivileged: true,
    build: (point) => {
      const hz = numberArgument(point, 'hz') ?? 0;
      if (hz <= 0) throw pointError('timer-frequency', 'frequency must be greater than 0');
      // Rounded up, so that the timer is never faster than asked for.
      return highResolutionTimer(Math.ceil(NS_PER_SECOND / Number(hz)), 0, 1);
    },
  },
];

function intervalFamily(unit: string, unitNs: number): ProbeFamily {
  return {
    name: `timer.${unit}`,
    patterns: [`timer.${unit}(number)`, `timer.${unit}(number).randomize(number)`],
    unprivileged: true,
    build: (point) =>
      highResolutionTimer(numberArgument(point, unit) ?? 0, numberArgument(point, 'randomize') ?? 0, unitNs),
  };
}

/** `interval` and `randomize` in units of `unitNs`; the bounds in the message are in that unit too. */
function highResolutionTimer(interval: Int64, randomize: Int64, unitNs: number): ProbeEvent {
  const shortest = Math.ceil(SHORTEST_NS / unitNs);
  const longest = LONGEST_NS / unitNs;
  if (interval < shortest || interval > longest)
    throw pointError('timer-interval', `interval value out of range (${shortest}, ${longest})`);
  if (randomize < 0 || randomize > interval)
    throw pointError('timer-randomize', 'randomization value out of range');
  return timerEvent('hrtimer', interval, randomize, unitNs);
}

function jiffiesTimer(point: ProbePoint): ProbeEvent {
  const interval = numberArgument(point, 'jiffies') ?? 0;
  const randomize = numberArgument(point, 'randomize') ?? 0;
  if (interval < 1 || interval > LONGEST_JIFFIES)
    throw pointError('timer-jiffies-interval', 'invalid interval for jiffies timer');
  if (randomize < 0 || randomize > interval)
    throw pointError('timer-jiffies-randomize', 'invalid randomize for jiffies timer');
  return timerEvent('jiffies', interval, randomize, NS_PER_JIFFY);
}

function timerEvent(
  clock: 'hrtimer' | 'jiffies',
  interval: Int64,
  randomize: Int64,
  unitNs: number,
): ProbeEvent {
  const intervalNs = Number(interval) * unitNs;
  return { family: 'timer', clock, intervalNs, randomizeNs: Number(randomize) * unitNs };
}
