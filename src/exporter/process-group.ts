import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 50;
/** After SIGKILL a process ends unless the kernel holds it. */
const KILLED_MS = 2000;

/** Sends the signal to all processes of the group; does nothing when there is none. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended.
  }
}

/** Resolves when no process of the group is left; after `patienceMs` those that are left are killed. */
export async function groupEnd(group: number, patienceMs: number): Promise<void> {
  const startMs = performance.now();
  let isKilled = false;
  while (groupRuns(group)) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs > patienceMs + KILLED_MS) return;
    if (elapsedMs > patienceMs && !isKilled) {
      signalGroup(group, 'SIGKILL');
      isKilled = true;
    }
    await pause(LOOK_MS);
  }
}

/** Processes that have ended do not count, even if nobody has asked for their status. */
function groupRuns(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  return readdirSync('/proc').some((name) => /^\d/.test(name) && runsIn(name, group));
}

function runsIn(pid: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(processGroup) === group && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
