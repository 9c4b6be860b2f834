import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { MountMethod } from './mount.ts';

/** Watches over one mount from a process of its own. */
export interface Supervisor {
  /** The mount is gone in good order: the supervisor ends and touches nothing. */
  dismiss(): void;
}

/**
 * Waits for a line; when the pipe closes without one, the server died. It must not run into a successor's living mount
 * of the same name: a dead one refuses statfs.
 */
const script = `trap '' INT TERM HUP
read -r line && exit 0
path=$1 method=$2
shift 2
stat -f -- "$path" >/dev/null 2>&1 && exit 0
case $method in
'mount(2)') umount -l -- "$path" ;;
*) fusermount3 -u -q -z -- "$path" ;;
esac
rmdir -- "$path" "$@"`;

/**
 * Starts a small shell in a session of its own that unmounts `path` and removes the directory should this process die
 * without doing so (SIGKILL, crash). It holds no descriptor but its end of a pipe, so it never keeps the mount's
 * connection alive.
 * @param createdRoots directories to remove after `path` where empty, deepest first
 */
export function startSupervisor(
  path: string,
  method: MountMethod,
  createdRoots: readonly string[],
): Supervisor {
  const child = spawn('sh', ['-c', script, 'stap-supervisor', path, method, ...createdRoots], {
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
