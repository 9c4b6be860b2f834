import { readFileSync, statSync } from 'node:fs';
import { processStartTicks } from '../fuse/mount-table.ts';
import type { ModuleEntry } from './module-entry.ts';

/** The process that an entry names. */
export type OwnerProcess = Pick<ModuleEntry, 'pid' | 'startTicks'>;

/** This process, as entries name one. */
export function thisProcess(): OwnerProcess {
  return { pid: process.pid, startTicks: processStartTicks(process.pid) ?? '0' };
}

/** True when the process still runs, and is not a later one with the same number. */
export function ownerRuns(owner: OwnerProcess): boolean {
  return processStartTicks(owner.pid) === owner.startTicks && !isZombie(owner.pid);
}

/** Effective user of a process; undefined when there is no such process. */
export function processUser(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
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

/** A process that has ended but whose parent has not asked for its status yet runs no handlers any more. */
function isZombie(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const state = text.charAt(text.lastIndexOf(')') + 2);
    return state === 'Z' || state === 'X';
  } catch {
    return true;
  }
}
