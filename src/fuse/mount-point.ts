import { readdir, rmdir, unlink } from 'node:fs/promises';

const ATTEMPTS = 10;

/**
 * Removes a directory that was mounted on and is not any more. A shell that runs `echo x > DIRECTORY/file` just after the
 * unmount creates an ordinary file in it: such files are removed too. Leaves the directory alone when it is mounted on
 * again or holds anything else. Resolves to whether it is gone.
 */
export async function removeMountPoint(path: string): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const code = await rmdir(path).then(
      () => undefined,
      (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown',
    );
    if (code === undefined || code === 'ENOENT') return true;
    if (code !== 'ENOTEMPTY') return false;
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => []))
      if (entry.isFile()) await unlink(`${path}/${entry.name}`).catch(() => undefined);
  }
  return false;
}
