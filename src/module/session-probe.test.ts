import { expect, test } from 'vitest';
import { isAboutSession } from './session-probe.ts';

test.each(['begin', 'end', 'error', 'begin(-1)', 'end(5)', 'end if (__global_on)', 'begin(1) if (x)'])(
  '%s is about the session',
  (point) => expect(isAboutSession(point)).toBe(true),
);

test.each(['timer.s(1)', 'process.end', 'process("begin").begin', 'procfs("end").read', 'endless', 'never'])(
  '%s is not',
  (point) => expect(isAboutSession(point)).toBe(false),
);
