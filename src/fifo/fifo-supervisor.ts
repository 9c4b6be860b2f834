import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Watches over the FIFOs of one module from a process of its own. */
export interface FifoSupervisor {
  /** Its process number; undefined when it could not be started. */
  readonly pid: number | undefined;
  /** The directory was created; `fd` of this process is open on it. */
  claimed(fd: number): void;
  /** The directory is gone in good order: the supervisor ends and touches nothing. */
  dismiss(): void;
}

/**
 * When the pipe closes without a good-bye, the server died. Programs that came to a FIFO since then wait in open(2),
 * which removing it does not end: both of its ends are opened for a moment. It stands in the directory, so that it can
 * never touch that of a successor of the same name.
 */
const script = `trap '' INT TERM HUP
path=$1
owner=$2
shift 2
inside=
while read -r word fd; do
  [ "$word" = claimed ] || exit 0
  cd -- "/proc/$owner/fd/$fd" || cd -- "$path" && inside=1
done
clear() {
  for entry in * .[!.]*; do
    [ -L "$entry" ] && continue
    if [ -p "$entry" ]; then
      chmod u+rw -- "./$entry"
      rm -f -- "./$entry" <>"./$entry"
    elif [ -d "$entry" ]; then
      (cd -- "./$entry" && clear)
      rmdir -- "./$entry"
    fi
  done
}
if [ -n "$inside" ]; then
  [ "$path" -ef . ] && mv -- "$path" "$path.gone"
  clear
  cd /
fi
rmdir -- "$path.gone"
rmdir -- "$path"
rmdir -- "$@"`;

/**
 * Starts a small shell in a session of its own that removes the FIFOs below `path`, and the directories, should this
 * process die without doing so. Start it before the directory is created.
 * @param roots directories to remove after `path` where empty, deepest first
 */
export function startFifoSupervisor(path: string, roots: readonly string[]): FifoSupervisor {
  const child = spawn('sh', ['-c', script, 'stap-supervisor', path, String(process.pid), ...roots], {
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
    pid: child.pid,
    claimed: (fd) => void pipe?.write(`claimed ${fd}\n`),
    dismiss: () => void pipe?.end('clean\n'),
  };
}
