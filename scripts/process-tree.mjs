// What runs below a process, read from /proc.
import { readFileSync, readdirSync } from 'node:fs';

/** Field `index` (counted from 0) behind the command name in /proc/PID/stat; undefined when the process has ended. */
function statField(pid, index) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[index];
  } catch {
    return undefined;
  }
}

/** Children of a process, their children and so on. */
export function descendantsOf(ancestor) {
  const childrenOf = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = Number(statField(name, 1));
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(name)]);
  }
  const below = (pid) => (childrenOf.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(ancestor);
}

/** One line for each process: number, state, what it waits for in the kernel, command line. */
export function describeProcesses(pids) {
  const read = (path) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return '';
    }
  };
  return pids
    .map((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 300);
      return `  ${pid} ${statField(pid, 0) ?? 'ended'} ${read(`/proc/${pid}/wchan`)} ${command}\n`;
    })
    .join('');
}
