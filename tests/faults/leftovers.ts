import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { processesNaming } from '../e2e/running-stap.ts';
import { mountsBelow } from '../harness/scratch-folder.ts';

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // The process ended meanwhile.
  }
};

/** Processes that name the folder in their command line or environment, one line each. */
function processLines(folder: string): string[] {
  return processesNaming(folder).map((pid) => {
    const command = readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 120);
    const state = /^State:\s*(.*)$/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 'ended';
    return `process ${pid} (${state}): ${command}`;
  });
}

function socketLines(folder: string): string[] {
  return readOrEmpty('/proc/net/unix')
    .split('\n')
    .filter((line) => line.includes(`${folder}/`))
    .map((line) => `socket ${line.trim().split(/\s+/).pop() ?? ''}`);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // It has just been removed.
  }
}

/** What is in the root directory; the root itself counts unless it may stay. Never looks into a mount. */
function directoryLines(root: string, rootMayStay: boolean): string[] {
  if (!existsSync(root)) return [];
  const names = namesIn(root);
  if (names.length === 0) return rootMayStay ? [] : [`directory ${root}`];
  const mounted = new Set(mountsBelow(root));
  return names.map((name) => {
    const path = `${root}/${name}`;
    if (mounted.has(path)) return `directory ${path}`;
    return `directory ${path}: ${namesIn(path).join(' ')}`;
  });
}

/** All that is left of a round, one line for each thing: mounts, processes, sockets, directories. */
export function leftovers(folder: string, root: string, rootMayStay: boolean): string[] {
  return [
    ...mountsBelow(root).map((path) => `mount ${path}`),
    ...processLines(folder),
    ...socketLines(folder),
    ...directoryLines(root, rootMayStay),
  ];
}
