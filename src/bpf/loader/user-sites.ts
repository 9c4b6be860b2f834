import type { KernelSite } from '../../module/kernel-part.ts';
import { attachPerfEvent, attachUserSites, type ProbeLink } from './links.ts';
import { openProbeEvent } from './probe-events.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import { checkProgram } from './program-identity.ts';
import type { LoaderSystemCalls } from './system-calls.ts';
import { neverProbed } from './unprobed-instructions.ts';

export type UserProbeSite = Extract<KernelSite, { kind: 'user' }>;

/**
 * How a program is attached to places of programs: `multi` to many by one link, for which it must have been loaded so;
 * `perf` to one after the other.
 */
export type UserProbeWay = 'multi' | 'perf';

/** A place that the kernel does not take a probe at, as it is with instructions it cannot step over (`lock`). */
export interface RefusedSite {
  readonly site: UserProbeSite;
  readonly error: KernelProbeError;
}

/** Not the matter of a place: nothing more can be attached. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** What came of attaching; both grow. */
interface Attached {
  readonly links: ProbeLink[];
  readonly refused: RefusedSite[];
}

/** Attaches a program to its places in programs. The cookie of a place is its probe. */
export function attachToPrograms(
  calls: LoaderSystemCalls,
  program: number,
  sites: readonly UserProbeSite[],
  way: UserProbeWay,
  attached: Attached,
): void {
  for (const group of sitesByFile(sites))
    if (way === 'multi') attachGroup(calls, program, group, attached);
    else for (const site of group) attachOne(calls, program, site, attached);
}

/** Each refusal takes the kernel long, so places that it is known to refuse are kept from it. */
function attachGroup(calls: LoaderSystemCalls, program: number, group: SiteGroup, attached: Attached): void {
  const [{ path }] = group;
  const never = neverProbed(
    path,
    group.map(({ offset }) => offset),
  );
  attachAtOnce(
    calls,
    program,
    group.filter(({ offset }) => !never.has(offset)),
    attached,
  );
  for (const site of group)
    if (never.has(site.offset)) attached.refused.push({ site, error: neverProbedError() });
}

function neverProbedError(): KernelProbeError {
  return new KernelProbeError('ENOTSUPP', 'the kernel takes no probe at such an instruction');
}

/** What is refused as a whole is attached in halves, so that each place that cannot be probed is found. */
function attachAtOnce(
  calls: LoaderSystemCalls,
  program: number,
  sites: readonly UserProbeSite[],
  attached: Attached,
): void {
  const [first] = sites;
  if (first === undefined) return;
  const { path, isReturn, pid } = first;
  const places = sites.map(({ probe, offset, semaphoreOffset }) => ({
    offset,
    cookie: probe,
    ...(semaphoreOffset === undefined ? {} : { semaphoreOffset }),
  }));
  const target = { path, isReturn, ...(pid === undefined ? {} : { pid }) };
  try {
    attached.links.push(attachUserSites(calls, program, target, places));
  } catch (error) {
    if (!(error instanceof KernelProbeError) || EXHAUSTED.has(error.code)) throw error;
    if (sites.length === 1 || error.code === 'EPERM')
      attached.refused.push(...sites.map((site) => ({ site, error })));
    else {
      const middle = Math.ceil(sites.length / 2);
      attachAtOnce(calls, program, sites.slice(0, middle), attached);
      attachAtOnce(calls, program, sites.slice(middle), attached);
    }
  }
}

function attachOne(calls: LoaderSystemCalls, program: number, site: UserProbeSite, attached: Attached): void {
  const { path, probe, offset, semaphoreOffset, isReturn, pid } = site;
  try {
    const place = { source: 'uprobe', in: path, offset, isReturn, semaphoreOffset, pid } as const;
    attached.links.push(attachPerfEvent(calls, program, openProbeEvent(calls, place), probe, path));
  } catch (error) {
    if (!(error instanceof KernelProbeError) || EXHAUSTED.has(error.code)) throw error;
    attached.refused.push({ site, error });
  }
}

/** Tells of places that are not probed although others are. */
export function warnOfRefused(refused: readonly RefusedSite[], warn: (text: string) => void): void {
  for (const { site, error } of refused)
    warn(`the instruction 0x${site.offset.toString(16)} of ${site.path} is not probed: ${error.message}`);
}

/** Throws `KernelProbeError` when a file is another one than the sites were found in. */
export function checkPrograms(sites: readonly KernelSite[]): void {
  const checked = new Set<string>();
  for (const site of sites) {
    if (site.kind !== 'user' || site.buildId === undefined) continue;
    const key = `${site.buildId} ${site.path}`;
    if (checked.has(key)) continue;
    checkProgram(site.path, site.buildId);
    checked.add(key);
  }
}

type SiteGroup = [UserProbeSite, ...UserProbeSite[]];

/** What one link can be attached to. */
function sitesByFile(sites: readonly UserProbeSite[]): readonly SiteGroup[] {
  const groups = new Map<string, SiteGroup>();
  for (const site of sites) {
    const key = `${site.isReturn} ${site.pid} ${site.path}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [site]);
    else group.push(site);
  }
  return [...groups.values()];
}
