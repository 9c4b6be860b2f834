import { kernelFunctionFamily } from './kernel-function-family.ts';
import { markFamily } from './mark-family.ts';
import { processFamily } from './process-family.ts';
import { userFunctionFamily } from './user-function-family.ts';
import { KERNEL_ALIAS_FAMILY, KERNEL_ALIAS_NAMES, KERNEL_FAMILIES } from './kernel-families.ts';
import type { ProbeEnvironment } from './kernel-facts.ts';
import type { PatternTree } from './pattern-tree.ts';
import type { ProbeFamily } from './probe-family.ts';
import { perfFamily } from './perf-family.ts';
import { PROCFS_FAMILY } from './procfs-family.ts';
import { profileFamilies } from './profile-family.ts';
import { SESSION_FAMILIES } from './session-family.ts';
import { TIMER_FAMILIES } from './timer-family.ts';
import { tracepointFamilies } from './tracepoint-family.ts';

/** Families whose points fire in this process. */
const OWN_FAMILIES: readonly ProbeFamily[] = [...SESSION_FAMILIES, ...TIMER_FAMILIES, PROCFS_FAMILY];

/** Families whose points fire in the kernel or in programs. */
function tracingFamilies(environment: ProbeEnvironment): readonly ProbeFamily[] {
  return [
    ...tracepointFamilies(environment),
    kernelFunctionFamily(environment),
    markFamily(environment),
    userFunctionFamily(environment),
    processFamily(environment),
    perfFamily(environment),
  ];
}

/** Every family of probe points that the compiler knows, about the kernel and the programs of the environment. */
function builtinFamilies(environment: ProbeEnvironment): readonly ProbeFamily[] {
  const tracing = tracingFamilies(environment);
  const provided = new Set(tracing.flatMap(({ patterns }) => patterns));
  const missing = KERNEL_FAMILIES.map((family) => ({
    ...family,
    patterns: family.patterns.filter((pattern) => !provided.has(pattern)),
  }));
  return [...OWN_FAMILIES, ...profileFamilies(environment), ...tracing, ...missing];
}

/** Puts all built-in families into a tree. */
export function addBuiltinFamilies(tree: PatternTree<unknown>, environment: ProbeEnvironment): void {
  for (const family of builtinFamilies(environment)) tree.addFamily(family);
  for (const name of KERNEL_ALIAS_NAMES) tree.addRest(name.split('.'), KERNEL_ALIAS_FAMILY);
}
