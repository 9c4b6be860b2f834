import { pointError } from './point-error.ts';
import { numberArgument, type ProbeFamily } from './probe-family.ts';

/** `timer.profile.tick` at the rate of the system timer; `timer.profile.freq.hz(N)` at a rate of its own. */
export const PROFILE_FAMILIES: readonly ProbeFamily[] = [
  {
    name: 'timer.profile.tick',
    patterns: ['timer.profile.tick'],
    unprivileged: false,
    build: () => ({ family: 'profile' }),
  },
  {
    name: 'timer.profile.freq',
    patterns: ['timer.profile.freq.hz(number)'],
    unprivileged: false,
    unlisted: true,
    build: (point) => {
      const hz = numberArgument(point, 'hz') ?? 0;
      if (hz <= 0) throw pointError('timer-frequency', 'frequency must be greater than 0');
      return { family: 'profile', hz: Number(hz) };
    },
  },
];
