import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/**
 * Makes or replaces a file in one step: others see the old content or all of the new one. Never follows a link planted
 * under its name, and nobody but the owner can write to it. Paths are byte strings. Throws the system's error.
 */
export function writeFileAtomically(path: string, content: Buffer | string): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const target = Buffer.from(path, 'latin1');
  const slash = path.lastIndexOf('/') + 1;
  const temporary = Buffer.from(`${path.slice(0, slash)}.${path.slice(slash)}.${process.pid}`, 'latin1');
  // What a killed process of the same number left.
  rmSync(temporary, { force: true });
  const fd = openSync(temporary, 'wx', 0o644);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
