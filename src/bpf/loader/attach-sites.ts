import type { KernelPart, KernelProgram, KernelSite } from '../../module/kernel-part.ts';
import { attachToFunctions, type FunctionSite } from './function-sites.ts';
import { attachPerfEvent, attachRawTracepoint, attachTracing, type ProbeLink } from './links.ts';
import type { LoadedProgram } from './load-programs.ts';
import { onlineProcessors, openPerfEvent } from './perf-events.ts';
import type { LoaderSystemCalls } from './system-calls.ts';
import { attachToPrograms, type RefusedSite, type UserProbeSite, warnOfRefused } from './user-sites.ts';

type PerfSite = Extract<KernelSite, { kind: 'perf' }>;

/**
 * Attaches all sites but those of system calls, which are entered through the map of their numbers. `programs` by index of
 * the part's. Throws `KernelProbeError`; then nothing is attached. Functions of the kernel and
 * places in programs that cannot be probed are told to `warn`, as long as there are others that can.
 */
export function attachSites(
  calls: LoaderSystemCalls,
  { sites }: Pick<KernelPart, 'sites'>,
  programs: readonly LoadedProgram[],
  warn: (text: string) => void,
): readonly ProbeLink[] {
  const links: ProbeLink[] = [];
  const refused: RefusedSite[] = [];
  const functions: { readonly program: LoadedProgram; readonly sites: readonly FunctionSite[] }[] = [];
  try {
    for (const [index, own] of byProgram(sites)) {
      const program = programs[index];
      if (program === undefined) throw new RangeError(`no program ${index} in the kernel part`);
      attachProgram(calls, program, own, { links, refused });
      functions.push({ program, sites: own.filter((site) => site.kind === 'kernel-function') });
    }
    attachToFunctions(calls, functions, links, warn);
    const [first] = refused;
    if (first !== undefined && links.length === 0) throw first.error;
    warnOfRefused(refused, warn);
    return links;
  } catch (error) {
    for (const link of links) link.close();
    throw error;
  }
}

function attachProgram(
  calls: LoaderSystemCalls,
  program: LoadedProgram,
  sites: readonly KernelSite[],
  attached: { readonly links: ProbeLink[]; readonly refused: RefusedSite[] },
): void {
  const { links } = attached;
  const places: UserProbeSite[] = [];
  for (const site of sites) {
    switch (site.kind) {
      case 'tracepoint':
        links.push(attachToTracepoint(calls, program.fd, program.type, site.name));
        break;
      case 'user':
        places.push(site);
        break;
      case 'perf':
        attachToCounter(calls, program.fd, site, links);
        break;
      case 'syscall':
      case 'kernel-function':
        break;
    }
  }
  attachToPrograms(calls, program.fd, places, program.way, attached);
}

/** Typed tracepoints are named by the type that the program was loaded for. */
function attachToTracepoint(
  calls: LoaderSystemCalls,
  program: number,
  type: KernelProgram['type'],
  name: string,
): ProbeLink {
  return type === 'tracing'
    ? attachTracing(calls, program, `the tracepoint ${name}`)
    : attachRawTracepoint(calls, program, name);
}

/** One event for each processor, or one for the process. */
function attachToCounter(
  calls: LoaderSystemCalls,
  program: number,
  site: PerfSite,
  links: ProbeLink[],
): void {
  const processors = site.pid === undefined ? onlineProcessors() : [-1];
  for (const processor of processors) {
    const event = openPerfEvent(calls, site, site.pid ?? -1, processor);
    links.push(attachPerfEvent(calls, program, event, site.probe, 'the perf event'));
  }
}

function byProgram(sites: readonly KernelSite[]): ReadonlyMap<number, readonly KernelSite[]> {
  const groups = new Map<number, KernelSite[]>();
  for (const site of sites) {
    const group = groups.get(site.program);
    if (group === undefined) groups.set(site.program, [site]);
    else group.push(site);
  }
  return groups;
}
