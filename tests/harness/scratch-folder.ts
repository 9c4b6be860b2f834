import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';

/** An empty folder of its own for one test. */
export function makeScratchFolder(kind: string): string {
  return mkdtempSync(join(tmpdir(), `stap-${kind}-`));
}

/** Mount points at or below a folder, in order of mounting. */
export function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
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
