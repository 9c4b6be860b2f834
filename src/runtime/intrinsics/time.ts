import { fromBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Ticks per second that jiffies() counts, the usual configuration of distribution kernels. */
const JIFFIES_PER_SECOND = 250n;
const NS_PER_SECOND = 1000000000n;
const CTIME_MAX = 2147483647;
const CTIME_MIN = -2147483648;

/** Clocks, at an event as they were at it, and calendar time; stapfuncs(3stap), TIMESTAMP and CTIME. Coarser units are derived in the tapset. */
export const timeFunctions = {
  gettimeofday_ns: (context: HandlerContext): Int64 => fromBigInt(realtimeNs(context)),

  gettimeofday_us: (context: HandlerContext): Int64 => fromBigInt(realtimeNs(context) / 1000n),

  monotonic_ns: (context: HandlerContext): Int64 => fromBigInt(monotonicNs(context)),

  jiffies: (context: HandlerContext): Int64 =>
    fromBigInt((monotonicNs(context) * JIFFIES_PER_SECOND) / NS_PER_SECOND),

  jiffies_per_second: (): Int64 => Number(JIFFIES_PER_SECOND),

  /** `Thu Jan  1 00:00:00 1970`, in UTC. */
  ctime: (_context: HandlerContext, epochSeconds: Int64): string => {
    if (epochSeconds > CTIME_MAX) throw new ScriptError('Time too far in the future to be converted');
    if (epochSeconds < CTIME_MIN) throw new ScriptError('Time too far in the past to be converted');
    const [weekday = '', day = '', month = '', year = '', clock = ''] = new Date(Number(epochSeconds) * 1000)
      .toUTCString()
      .split(/,? /);
    return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`;
  },

  /** Seconds west of UTC, as of the first call of the session. */
  tz_gmtoff: (context: HandlerContext): Int64 => timeZone(context).secondsWest,

  tz_name: (context: HandlerContext): string => timeZone(context).name,
};

/** Of the event, where the handler runs later than it. */
function monotonicNs({ event, session }: HandlerContext): bigint {
  return event?.monotonicNs ?? session.clock.monotonicNs();
}

function realtimeNs({ event, session: { clock } }: HandlerContext): bigint {
  if (event === undefined) return clock.realtimeNs();
  return event.monotonicNs + clock.wallMinusMonotonicNs();
}

interface TimeZone {
  readonly secondsWest: number;
  readonly name: string;
}

function timeZone(context: HandlerContext): TimeZone {
  return context.store<TimeZone>('time zone', () => {
    const now = new Date(Number(context.session.clock.realtimeNs() / 1000000n));
    return { secondsWest: now.getTimezoneOffset() * 60 + 0, name: zoneName(now) };
  });
}

/** The usual abbreviation. Each locale only knows those of its part of the world, others become `GMT+1`. */
function zoneName(now: Date): string {
  const names = ['en-US', 'en-GB'].map((locale) =>
    new Intl.DateTimeFormat(locale, { timeZoneName: 'short' })
      .formatToParts(now)
      .find((part) => part.type === 'timeZoneName'),
  );
  const known = names.find((name) => name !== undefined && !/[+-]/.test(name.value));
  return (known ?? names[0])?.value ?? 'UTC';
}
