import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Reads lines until the pipe closes: without `clean` before, the exporter was killed. Then the process groups that were
 * started and have not ended are ended as the exporter would have done, and its directory is removed.
 */
const SCRIPT = `trap '' INT TERM HUP QUIT
folder=$1
groups=' '
while read -r word group; do
  case $word in
    started) groups="$groups$group " ;;
    ended) groups="\${groups%% $group *} \${groups#* $group }" ;;
    clean) exit 0 ;;
  esac
done
for group in $groups; do kill -TERM "-$group"; done
for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
  living=
  for group in $groups; do kill -0 "-$group" && living=yes; done
  [ -n "$living" ] || break
  sleep 0.2
done
for group in $groups; do kill -KILL "-$group"; done
rm -rf -- "$folder"`;

/** Ends the scripts should the exporter be killed by a signal that nobody can handle. */
export class ScriptWatchdog {
  readonly #child: ChildProcess;

  /** Starts the shell that watches, in a session of its own. `folder`: removed with all that is in it. */
  constructor(folder: string) {
    this.#child = spawn('/bin/sh', ['-c', SCRIPT, 'stap-exporter-watchdog', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    });
    this.#child.on('error', () => undefined);
    this.#pipe()?.on('error', () => undefined);
  }

  /** A process group is there. */
  started(group: number): void {
    this.#pipe()?.write(`started ${group}\n`);
  }

  /** No process of the group is left. */
  ended(group: number): void {
    this.#pipe()?.write(`ended ${group}\n`);
  }

  /** All has ended in good order: nothing remains to be done. Resolves when the shell has ended, or a second later. */
  dismiss(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, 1000).unref();
      this.#child.once('exit', () => resolve());
      this.#pipe()?.end('clean\n');
    });
  }

  /** Missing when there was no room for another process. */
  #pipe(): Socket | undefined {
    return (this.#child.stdin as Socket | null) ?? undefined;
  }
}
