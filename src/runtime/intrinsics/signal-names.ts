import { toUnsignedBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Names of signals 1…31; asm-generic/signal.h. */
const NAMES = [
  ...['HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE'],
  ...['ALRM', 'TERM', 'STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ'],
  ...['VTALRM', 'PROF', 'WINCH', 'IO/POLL', 'PWR', 'SYS'],
];
const REALTIME_FIRST = 32;
const REALTIME_LAST = 64;

/** Flags of sigaction(2) in the order they are shown. */
const ACTION_FLAGS: readonly (readonly [bigint, string])[] = [
  [0x1n, 'NOCLDSTOP'],
  [0x2n, 'NOCLDWAIT'],
  [0x4n, 'SIGINFO'],
  [0x08000000n, 'ONSTACK'],
  [0x10000000n, 'RESTART'],
  [0x40000000n, 'NODEFER'],
  [0x80000000n, 'RESETHAND'],
  [0x04000000n, 'RESTORER'],
];

/** Limits of getrlimit(2) by number. */
const LIMITS = [
  ...['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS'],
  ...['SIGPENDING', 'MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'],
].map((name) => `RLIMIT_${name}`);

/** Names of signals, their flags, and of limits; stapfuncs(3stap), SIGNAL and RLIMIT. */
export const signalNameFunctions = {
  /** "" for a number that is no signal. */
  signal_str: (_context: HandlerContext, signal: Int64): string => {
    if (signal === REALTIME_FIRST) return 'RTMIN';
    if (signal > REALTIME_FIRST && signal <= REALTIME_LAST) return `RTMIN+${Number(signal) - REALTIME_FIRST}`;
    return NAMES[Number(signal) - 1] ?? '';
  },

  sa_flags_str: (_context: HandlerContext, flags: Int64): string => {
    const bits = toUnsignedBigInt(flags);
    return ACTION_FLAGS.filter(([bit]) => (bits & bit) !== 0n)
      .map(([, name]) => name)
      .join('|');
  },

  /** Numbers of the signals in the mask, `1,2,9`. */
  sigset_mask_str: (_context: HandlerContext, mask: Int64): string => {
    const bits = toUnsignedBigInt(mask);
    return Array.from({ length: REALTIME_LAST }, (_, index) => index + 1)
      .filter((signal) => ((bits >> BigInt(signal - 1)) & 1n) === 1n)
      .join(',');
  },

  /** Number of a limit by its name, -1 for an unknown one. */
  rlimit_from_str: (_context: HandlerContext, name: string): Int64 => LIMITS.indexOf(name),
};
