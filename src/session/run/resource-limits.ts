import { loadNativeCalls } from '../ports/native-calls.ts';
import type { ResourceLimit } from '../stap-options.ts';

/** Numbers of setrlimit(2) in Linux, the same on all its architectures that Node runs on. */
const RESOURCES = { cpu: 0, fsize: 1, stack: 3, nproc: 6, as: 9 } as const;
const EPERM = 1;
const REASONS: Readonly<Record<number, string | undefined>> = {
  22: 'Invalid argument',
};

/**
 * Limits this process. Returns the message of the first limit that the system refuses; one that only a more
 * privileged user may set is left alone, as SystemTap does.
 */
export function applyResourceLimits(limits: readonly ResourceLimit[]): string | undefined {
  const native = loadNativeCalls();
  for (const { resource, value } of limits) {
    const result = native.setResourceLimit(RESOURCES[resource], value);
    if (result < 0 && result !== -EPERM)
      return `Unable to set resource limits for rlimit-${resource}: ${REASONS[-result] ?? `error ${-result}`}`;
  }
  return undefined;
}
