import type { KernelPart, KernelProgram, KernelSite } from '../../module/kernel-part.ts';
import { release } from 'node:os';
import type { LoadedProgram } from './attach-sites.ts';
import type { BpfMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import type { LoaderSystemCalls } from './system-calls.ts';
import type { UserProbeWay } from './user-sites.ts';

/** Before this release a link to many places that is limited to a process sees its first thread only. */
const MULTI_FOR_PROCESS = { major: 6, minor: 10 } as const;

/**
 * Loads the programs of a part, each once. `canMulti` tells whether the kernel attaches a program to many places at once; it
 * is asked only if a program wants it. Throws `KernelProbeError`; then none is loaded.
 */
export function loadPrograms(
  calls: LoaderSystemCalls,
  { programs, sites }: KernelPart,
  maps: readonly BpfMap[],
  canMulti: () => boolean,
): readonly LoadedProgram[] {
  const singly = programsAttachedSingly(sites);
  const loaded: LoadedProgram[] = [];
  try {
    programs.forEach((program, index) => {
      const way = wayOf(program, singly.has(index), canMulti);
      const fd = loadProgram(calls, { ...program, isMulti: way === 'multi' }, maps);
      loaded.push({ fd, type: program.type, way });
    });
    return loaded;
  } catch (error) {
    for (const { fd } of loaded) calls.close(fd);
    throw error;
  }
}

function wayOf(program: KernelProgram, isSingly: boolean, canMulti: () => boolean): UserProbeWay {
  return program.isMulti === true && !isSingly && canMulti() ? 'multi' : 'perf';
}

/** Programs with a site that no link to many places serves. */
function programsAttachedSingly(sites: readonly KernelSite[]): ReadonlySet<number> {
  const isOld = isBefore(release(), MULTI_FOR_PROCESS);
  const own = sites.filter((site) => site.kind !== 'user' || (site.pid !== undefined && isOld));
  return new Set(own.map(({ program }) => program));
}

/** Whether `release`, as of uname(2), is older. */
function isBefore(text: string, { major, minor }: { major: number; minor: number }): boolean {
  const [first = 0, second = 0] = text.split('.').map((part) => Number.parseInt(part, 10));
  return first < major || (first === major && second < minor);
}
