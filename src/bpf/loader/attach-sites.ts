import type { KernelPart, KernelProgram, KernelSite } from '../../module/kernel-part.ts';
import { attachPerfEvent, attachRawTracepoint, attachTracing, type ProbeLink } from './links.ts';
import { onlineProcessors, openPerfEvent } from './perf-events.ts';
import { openProbeEvent } from './probe-events.ts';
import type { LoaderSystemCalls } from './system-calls.ts';
import { attachToPrograms, type UserProbeSite, type UserProbeWay } from './user-sites.ts';

/** A program as it was loaded. */
export interface LoadedProgram {
  readonly fd: number;
  readonly type: KernelProgram['type'];
  /** How it is attached to places of programs. */
  readonly way: UserProbeWay;
}

type KernelFunctionSite = Extract<KernelSite, { kind: 'kernel-function' }>;
type PerfSite = Extract<KernelSite, { kind: 'perf' }>;

/**
 * Attaches all sites but those of system calls, which are entered through the map of their numbers. `programs` by index of
 * the part's. Throws `KernelProbeError`; then nothing is attached.
 */
export function attachSites(
  calls: LoaderSystemCalls,
  { sites }: Pick<KernelPart, 'sites'>,
  programs: readonly LoadedProgram[],
): readonly ProbeLink[] {
  const links: ProbeLink[] = [];
  try {
    for (const [index, own] of byProgram(sites)) {
      const program = programs[index];
      if (program === undefined) throw new RangeError(`no program ${index} in the kernel part`);
      attachProgram(calls, program, own, links);
    }
    return links;
  } catch (error) {
    for (const link of links) link.close();
    throw error;
  }
}

function attachProgram(
  calls: LoaderSystemCalls,
  { fd, type, way }: LoadedProgram,
  sites: readonly KernelSite[],
  links: ProbeLink[],
): void {
  const places: UserProbeSite[] = [];
  for (const site of sites) {
    switch (site.kind) {
      case 'tracepoint':
        links.push(attachToTracepoint(calls, fd, type, site.name));
        break;
      case 'syscall':
        break;
      case 'user':
        places.push(site);
        break;
      case 'kernel-function':
        links.push(attachToFunction(calls, fd, site));
        break;
      case 'perf':
        attachToCounter(calls, fd, site, links);
        break;
    }
  }
  attachToPrograms(calls, fd, places, way, links);
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

function attachToFunction(calls: LoaderSystemCalls, program: number, site: KernelFunctionSite): ProbeLink {
  const { symbol, isReturn, probe } = site;
  if (site.by === 'fentry') return attachTracing(calls, program, `the function ${symbol}`);
  const event = openProbeEvent(calls, { source: 'kprobe', in: symbol, offset: 0, isReturn });
  return attachPerfEvent(calls, program, event, probe, `the function ${symbol}`);
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
