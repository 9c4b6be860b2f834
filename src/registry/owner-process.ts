import { readFileSync } from 'node:fs';
import { processRuns, processStartTicks } from '../fuse/process-identity.ts';
import type { ModuleEntry } from './module-entry.ts';

/** The process that an entry names. */
export type OwnerProcess = Pick<ModuleEntry, 'pid' | 'startTicks'>;

/** This process, as entries name one. */
export function thisProcess(): OwnerProcess {
  return { pid: process.pid, startTicks: processStartTicks(process.pid) ?? '0' };
}

/** True when the process still runs, and is not a later one with the same number. */
export function ownerRuns(owner: OwnerProcess): boolean {
  return processRuns(owner.pid, owner.startTicks);
}

/**
 * User of a process, when it has only one: one whose real, effective and saved users differ acts for somebody else.
 * Undefined also when there is no such process.
 */
export function processUser(pid: number): number | undefined {
  try {
    const line = /^Uid:((?:\s+\d+){4})$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    const [user, ...others] = line?.trim().split(/\s+/).map(Number) ?? [];
    return others.every((other) => other === user) ? user : undefined;
  } catch {
    return undefined;
  }
}

/** Resident memory of a process in bytes; undefined when there is no such process. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
