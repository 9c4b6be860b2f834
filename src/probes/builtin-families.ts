import { KERNEL_ALIAS_FAMILY, KERNEL_ALIAS_NAMES, KERNEL_FAMILIES } from './kernel-families.ts';
import type { ProbeEnvironment } from './kernel-facts.ts';
import type { PatternTree } from './pattern-tree.ts';
import type { ProbeFamily } from './probe-family.ts';
import { PROCFS_FAMILY } from './procfs-family.ts';
import { PROFILE_FAMILIES } from './profile-family.ts';
import { SESSION_FAMILIES } from './session-family.ts';
import { TIMER_FAMILIES } from './timer-family.ts';
import { tracepointFamilies } from './tracepoint-family.ts';

/** Families whose points fire in this process. */
const OWN_FAMILIES: readonly ProbeFamily[] = [
  ...SESSION_FAMILIES,
  ...TIMER_FAMILIES,
  ...PROFILE_FAMILIES,
  PROCFS_FAMILY,
];

/** Every family of probe points that the compiler knows, about the kernel and the programs of the environment. */
function builtinFamilies(environment: ProbeEnvironment): readonly ProbeFamily[] {
  return [...OWN_FAMILIES, ...tracepointFamilies(environment), ...KERNEL_FAMILIES];
}

/** Puts all built-in families into a tree. */
export function addBuiltinFamilies(tree: PatternTree<unknown>, environment: ProbeEnvironment): void {
  for (const family of builtinFamilies(environment)) tree.addFamily(family);
  for (const name of KERNEL_ALIAS_NAMES) tree.addRest(name.split('.'), KERNEL_ALIAS_FAMILY);
}
