import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { processIdentity } from './process-identity.ts';

/** What is left behind should a module's process die. All paths absolute. */
export interface SupervisedThings {
  /** Directory that is, or will be, mounted on; unmounted and removed first. */
  readonly mountPoint?: string | undefined;
  /**
   * Removed next. When one of them is a module's `….json` entry, its directory counts as the module's home and nothing is
   * removed unless the entry names a process that this supervisor watched.
   */
  readonly files: readonly string[];
  /** Removed last, in this order, where empty. */
  readonly directories: readonly string[];
}

/** Watches over one module from a process of its own. */
export interface Supervisor {
  /**
   * Our end of the pipe, for `stdio` of a process that takes the module over; the supervisor acts when the last copy is
   * closed. Undefined when there is no supervisor process for lack of descriptors.
   */
  readonly pipe: Socket | number | undefined;
  /** All is removed in good order: the supervisor ends and touches nothing. */
  dismiss(): void;
  /** Another process holds a copy of the pipe and watches over the module from now on: ours is closed. */
  abandon(): void;
}

/**
 * Reads lines until the pipe closes: without `clean` before, the owner died, at whatever moment. It must not run into a
 * successor of the same name, who may come as soon as the owner is dead:
 * - A directory that is removed before it is unmounted cannot be mounted on any more by a helper that is under way. A
 *   living mount answers statfs as FUSE, then it is the successor's and everything else is, too. What answers as something
 *   else is a directory of FIFOs, which have a supervisor of their own.
 * - The successor claims the name by creating the home, after he moved away or removed ours. So the shell goes into
 *   the home first: what it then names relative to its working directory is in that very directory, whatever has become of
 *   the path. Whose it is tells the entry in it; without entry it is left alone unless it is empty.
 *   In any case files are ours whose name ends with the number of a watched process.
 * - Of a successor at his start only an empty directory can be hit, and he tries again when it vanishes.
 * A command that sweeps at the same moment moves the home aside to remove it; what is above it can be removed after that.
 * After the unmount a program that writes by path creates ordinary files in the directory, which go with it.
 */
const script = `trap '' INT TERM HUP
owners=" $1 "
mount=$2
entry=$3
shift 3
while read -r word rest; do
  case $word in
    clean) exit 0 ;;
    owner) owners="$owners$rest " ;;
  esac
done
if [ -n "$mount" ]; then
  rmdir -- "$mount" || {
    if kind=$(stat -f -c %t -- "$mount"); then
      [ "$kind" = 65735546 ] && exit 0
    else
      umount -l -- "$mount" || fusermount3 -u -q -z -- "$mount"
      for attempt in 1 2 3 4 5; do
        rmdir -- "$mount" || [ ! -e "$mount" ] && break
        rm -f -- "$mount"/*
      done
    fi
  }
fi
home=\${entry%/*}
files=ours
if [ -n "$entry" ]; then
  files=
  if cd -- "$home" && [ -e "\${entry##*/}" ]; then
    pid=$(sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p' "\${entry##*/}")
    ticks=$(sed -n 's/.*"startTicks": *"\\([0-9]*\\)".*/\\1/p' "\${entry##*/}")
    case $owners in
      *" $pid:$ticks "*) files=ours ;;
      *) [ -e "\${entry##*/}" ] && exit 0 ;;
    esac
  fi
fi
while [ -n "$1" ]; do
  file=$1
  [ -n "$home" ] && case $file in "$home"/*) file=./\${file#"$home"/} ;; esac
  case $owners in
    *" \${file##*.}:"*) rm -f -- "$file" ;;
    *) [ -n "$files" ] && rm -f -- "$file" ;;
  esac
  shift
done
shift
[ $# -gt 0 ] || exit 0
rmdir -- "$@" || { sleep 0.2; rmdir -- "$@"; }`;

/**
 * Starts a small shell in a session of its own that removes these things should this process die without doing so
 * (SIGKILL, crash). Start it before any of them is created: from then on no moment is left to chance.
 * It holds no descriptor but its end of a pipe, so it never keeps a mount's connection alive.
 */
export function startSupervisor({ mountPoint, files, directories }: SupervisedThings): Supervisor {
  const entry = files.find((file) => file.endsWith('.json'));
  const shellArguments = [
    processIdentity(process.pid),
    mountPoint ?? '',
    entry ?? '',
    ...files,
    '',
    ...directories,
  ];
  const child = spawn('sh', ['-c', script, 'stap-supervisor', ...shellArguments], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  // Without a supervisor the files still work; a leftover is swept at the next start.
  child.on('error', () => undefined);
  // Missing when the process could not be created for lack of descriptors; with any other reason it is there.
  const pipe = child.stdin as Socket | undefined;
  pipe?.on('error', () => undefined);
  child.unref();
  return {
    pipe,
    dismiss: () => void pipe?.end('clean\n'),
    // Not end(): that would end the connection for the other process too.
    abandon: () => void pipe?.destroy(),
  };
}

/** Takes over, in another process, the supervisor whose pipe it was given as descriptor `fd`. */
export function adoptSupervisor(fd: number): Supervisor {
  let isOpen = tell(fd, `owner ${processIdentity(process.pid)}\n`);
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  return {
    pipe: fd,
    dismiss: () => {
      if (isOpen) tell(fd, 'clean\n');
      close();
    },
    abandon: close,
  };
}

/** False when nobody is at the other end. */
function tell(fd: number, line: string): boolean {
  try {
    writeSync(fd, line);
    return true;
  } catch {
    return false;
  }
}
