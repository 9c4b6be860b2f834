import type { KernelSite } from '../../module/kernel-part.ts';
import { attachPerfEvent, attachUserSites, type ProbeLink } from './links.ts';
import { openProbeEvent } from './probe-events.ts';
import { checkProgram } from './program-identity.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

export type UserProbeSite = Extract<KernelSite, { kind: 'user' }>;

/**
 * How a program is attached to places of programs: `multi` to many by one link, for which it must have been loaded so;
 * `perf` to one after the other.
 */
export type UserProbeWay = 'multi' | 'perf';

/**
 * Attaches a program to its places in programs, adding to `links` as it goes. The cookie of a place is its probe. Throws
 * `KernelProbeError`.
 */
export function attachToPrograms(
  calls: LoaderSystemCalls,
  program: number,
  sites: readonly UserProbeSite[],
  way: UserProbeWay,
  links: ProbeLink[],
): void {
  for (const group of sitesByFile(sites)) {
    const [{ path, isReturn, pid }] = group;
    if (way === 'multi') {
      const places = group.map(({ probe, offset, semaphoreOffset }) => ({
        offset,
        cookie: probe,
        ...(semaphoreOffset === undefined ? {} : { semaphoreOffset }),
      }));
      const target = { path, isReturn, ...(pid === undefined ? {} : { pid }) };
      links.push(attachUserSites(calls, program, target, places));
      continue;
    }
    for (const { probe, offset, semaphoreOffset } of group) {
      const place = { source: 'uprobe', in: path, offset, isReturn, semaphoreOffset, pid } as const;
      links.push(attachPerfEvent(calls, program, openProbeEvent(calls, place), probe, path));
    }
  }
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
