import type { ProbeEvent } from '../module/probe-event.ts';
import type { ProbeEnvironment } from './kernel-facts.ts';
import { pointError } from './point-error.ts';
import { numberArgument, type ProbeFamily } from './probe-family.ts';

/** PERF_TYPE_SOFTWARE and PERF_COUNT_SW_CPU_CLOCK of linux/perf_event.h. */
const SOFTWARE = 1;
const CPU_CLOCK = 0;

/**
 * `timer.profile.tick` at the rate of the system timer; `timer.profile.freq.hz(N)` at a rate of its own. They interrupt
 * what runs on each processor; without the privileges for that they are timers of this process.
 */
export function profileFamilies(environment: ProfileEnvironment): readonly ProbeFamily[] {
  return [
    {
      name: 'timer.profile.tick',
      patterns: ['timer.profile.tick'],
      unprivileged: false,
      build: () => profileEvent(undefined, environment),
    },
    {
      name: 'timer.profile.freq',
      patterns: ['timer.profile.freq.hz(number)'],
      unprivileged: false,
      unlisted: true,
      build: (point) => {
        const hz = numberArgument(point, 'hz') ?? 0;
        if (hz <= 0) throw pointError('timer-frequency', 'frequency must be greater than 0');
        return profileEvent(Number(hz), environment);
      },
    },
  ];
}

type ProfileEnvironment = Pick<ProbeEnvironment, 'kernel' | 'mayProbe'>;

function profileEvent(hz: number | undefined, { kernel, mayProbe }: ProfileEnvironment): ProbeEvent {
  if (mayProbe?.() !== true || kernel.problem() !== undefined)
    return { family: 'profile', ...(hz !== undefined && { hz }) };
  return {
    family: 'perf',
    type: SOFTWARE,
    config: CPU_CLOCK,
    frequencyHz: hz ?? kernel.hz,
    isProfileTimer: true,
  };
}
