import { release } from 'node:os';
import type { KernelPart, KernelProgram, KernelSite } from '../../module/kernel-part.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import type { BpfMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import type { LoaderSystemCalls } from './system-calls.ts';
import type { UserProbeWay } from './user-sites.ts';
import { isAboutInstructions } from './verifier-log.ts';

/** A program as it was loaded. */
export interface LoadedProgram {
  /** -1 when it could not be, see `refusal`. */
  readonly fd: number;
  readonly type: KernelProgram['type'];
  /** How it is attached to functions: `multi` to many at once. */
  readonly way: UserProbeWay;
  /** Why a program for one function of the kernel, or for a file, could not be loaded: that cannot be done. */
  readonly refusal?: KernelProbeError;
  /** Loads it once more, to be attached to one place at a time; the descriptor is the caller's. */
  readonly loadForSingle: () => number;
}

/** Before this release a link to many places that is limited to a process sees its first thread only. */
const MULTI_FOR_PROCESS = { major: 6, minor: 10 } as const;

/**
 * Loads the programs of a part, each once. `canMulti` tells whether the kernel attaches a program to many places of programs
 * at once; it is asked only if one wants it. Throws `KernelProbeError`; then none is loaded.
 */
export function loadPrograms(
  calls: LoaderSystemCalls,
  { programs, sites }: KernelPart,
  maps: readonly BpfMap[],
  canMulti: () => boolean,
): readonly LoadedProgram[] {
  const singly = programsAttachedSingly(sites);
  const toFunctions = new Set(sites.filter(isKprobe).map(({ program }) => program));
  const loaded: LoadedProgram[] = [];
  try {
    programs.forEach((program, index) => {
      const loadForSingle = (): number => loadProgram(calls, { ...program, isMulti: false }, maps);
      const rest = { type: program.type, loadForSingle };
      if (toFunctions.has(index)) {
        // Whether the kernel can attach it so is seen then.
        loaded.push({ ...rest, fd: loadProgram(calls, program, maps, 'kernel-functions'), way: 'multi' });
      } else if (program.type === 'iterator') {
        loaded.push({ ...rest, way: 'perf', ...loadedOrRefused(loadForSingle, true) });
      } else if (isFunctionProgram(program)) {
        loaded.push({ ...rest, way: 'perf', ...loadedOrRefused(loadForSingle) });
      } else {
        const isMulti = program.isMulti === true && !singly.has(index) && canMulti();
        const fd = loadProgram(calls, { ...program, isMulti }, maps);
        loaded.push({ ...rest, fd, way: isMulti ? 'multi' : 'perf' });
      }
    });
    return loaded;
  } catch (error) {
    closePrograms(calls, loaded);
    throw error;
  }
}

/** Programs stay as long as something is attached to them. */
export function closePrograms(calls: LoaderSystemCalls, programs: readonly LoadedProgram[]): void {
  for (const { fd } of programs) if (fd >= 0) calls.close(fd);
}

/** What the verifier says of an instruction is thrown, unless the program is dispensable: that is no matter of the function. */
function loadedOrRefused(load: () => number, isDispensable = false): Pick<LoadedProgram, 'fd' | 'refusal'> {
  try {
    return { fd: load() };
  } catch (error) {
    if (!(error instanceof KernelProbeError)) throw error;
    if (!isDispensable && isAboutInstructions(error.log ?? '')) throw error;
    return { fd: -1, refusal: error };
  }
}

function isFunctionProgram({ expectedAttach }: KernelProgram): boolean {
  return expectedAttach === 'fentry' || expectedAttach === 'fexit';
}

function isKprobe(site: KernelSite): boolean {
  return site.kind === 'kernel-function' && site.by === 'kprobe';
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
