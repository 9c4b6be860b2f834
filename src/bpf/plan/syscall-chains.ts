import { SYSCALL_SLOTS } from '../../module/kernel-part.ts';
import { binary, constant } from './fold.ts';
import type { ProbeSite } from './probe-sites.ts';

/** Programs that one event enters one after the other by tail calls; the kernel allows 33. */
const MOST_CHAINED = 30;

/** Where the program of a system call's probe is entered, and which comes after it. */
export interface ChainLink {
  /** Absent for the first program of a system call, which is entered by its number. */
  readonly slot?: number;
  readonly continueAt?: number;
}

/** How several probes of one system call follow each other, by the index of their site. */
export interface SyscallChains {
  readonly links: ReadonlyMap<number, ChainLink>;
  /** Slots used from 2 * SYSCALL_SLOTS on. */
  readonly slots: number;
}

/**
 * Gives every further probe of a system call a slot of its own. Sites beyond what can be chained have no link: they are
 * to be attached by themselves, see `standalone`. Neither has an access with one site: comparing the number is cheaper than
 * a tail call by it.
 */
export function chainSyscalls(sites: readonly ProbeSite[]): SyscallChains {
  const links = new Map<number, ChainLink>();
  const lengths = new Map<string, number>();
  const last = new Map<string, number>();
  let slots = 0;
  const counts = { enter: 0, exit: 0 };
  for (const { site } of sites) if (site.kind === 'syscall') counts[site.access] += 1;
  for (const [index, { site }] of sites.entries()) {
    if (site.kind !== 'syscall' || counts[site.access] === 1) continue;
    const key = `${site.access} ${site.number}`;
    const length = (lengths.get(key) ?? 0) + 1;
    if (length > MOST_CHAINED || site.number >= SYSCALL_SLOTS) continue;
    lengths.set(key, length);
    const before = last.get(key);
    last.set(key, index);
    if (before === undefined) {
      links.set(index, {});
      continue;
    }
    const slot = 2 * SYSCALL_SLOTS + slots;
    slots += 1;
    links.set(before, { ...links.get(before), continueAt: slot });
    links.set(index, { slot });
  }
  return { links, slots };
}

/** The same place attached to all system calls, with a test for its own. */
export function standalone(place: ProbeSite): ProbeSite {
  const { site } = place;
  if (site.kind !== 'syscall') return place;
  return {
    ...place,
    guard: binary('==', { kind: 'syscall-number' }, constant(site.number)),
    site: { kind: 'tracepoint', name: site.access === 'enter' ? 'sys_enter' : 'sys_exit' },
  };
}
