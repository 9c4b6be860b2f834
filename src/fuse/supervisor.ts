import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Watches over one mount from a process of its own. */
export interface Supervisor {
  /** The directory is gone in good order: the supervisor ends and touches nothing. */
  dismiss(): void;
}

/**
 * Waits for a line; when the pipe closes without one, the server died, before or after mounting. It must not run into a
 * successor's living mount of the same name: a dead one refuses statfs. A directory that is removed first cannot be
 * mounted on any more by a helper that is still under way.
 */
const script = `trap '' INT TERM HUP
read -r line && exit 0
path=$1
shift
rmdir -- "$path" || {
  stat -f -- "$path" >/dev/null && exit 0
  umount -l -- "$path" || fusermount3 -u -q -z -- "$path"
  rmdir -- "$path"
}
rmdir -- "$@"`;

/**
 * Starts a small shell in a session of its own that unmounts `path` and removes the directory should this process die
 * without doing so (SIGKILL, crash). Start it before the directory is created: from then on no moment is left to chance.
 * It holds no descriptor but its end of a pipe, so it never keeps the mount's connection alive.
 * @param roots directories to remove after `path` where empty, deepest first
 */
export function startSupervisor(path: string, roots: readonly string[]): Supervisor {
  const child = spawn('sh', ['-c', script, 'stap-supervisor', path, ...roots], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  // Without a supervisor the files still work; a leftover is swept at the next start.
  child.on('error', () => undefined);
  // Missing when the process could not be created, for lack of descriptors for example.
  const pipe = child.stdin as Writable | undefined;
  pipe?.on('error', () => undefined);
  child.unref();
  return {
    dismiss: () => void pipe?.end('clean\n'),
  };
}
