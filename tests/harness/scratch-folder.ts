import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';

/** An empty folder of its own for one test. */
export function makeScratchFolder(kind: string): string {
  return mkdtempSync(join(tmpdir(), `stap-${kind}-`));
}

/** A mount: its path and the whole line of /proc/PID/mountinfo, which no other mount has had. */
export interface MountLine {
  readonly path: string;
  readonly line: string;
}

/** The mounts below a folder, in order of mounting. */
export function mountLinesBelow(folder: string): MountLine[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => ({ path: line.split(' ')[4] ?? '', line }))
    .filter(({ path }) => path.startsWith(`${folder}/`));
}

/** Mount points below a folder, in order of mounting. */
export function mountsBelow(folder: string): string[] {
  return mountLinesBelow(folder).map(({ path }) => path);
}

/**
 * Removes a test's folder, unmounting first what a killed program left mounted there: removing through a dead mount
 * fails, through a live one it would reach foreign files.
 */
export async function removeScratchFolder(folder: string): Promise<void> {
  for (const path of mountsBelow(folder).reverse())
    await runCommand('umount', ['-l', path], { cwd: '/', timeoutMs: 5000 });
  if (mountsBelow(folder).length === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
