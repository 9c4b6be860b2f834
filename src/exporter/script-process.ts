import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { groupEnd, signalGroup } from './process-group.ts';
import type { ScriptRelay } from './script-relay.ts';
import type { ScriptWatchdog } from './script-watchdog.ts';

/** How long a script may take to end after SIGTERM. */
const END_MS = 5000;
/** The shell becomes the script when the watchdog knows it; were the exporter killed before, it would just end. */
const GATE = 'read -r go <&3 || exit 1; exec 3<&-; exec "$@"';

/** What a script is run with. */
export interface ScriptCommand {
  readonly words: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Working directory. */
  readonly folder: string;
}

/** A script that was started: a process group of its own. */
export class ScriptProcess {
  readonly #child: ChildProcess;
  readonly #over: Promise<string>;
  #isOver = false;
  #wasStopped = false;

  constructor(command: ScriptCommand, relay: ScriptRelay, watchdog: ScriptWatchdog) {
    this.#child = spawn('/bin/sh', ['-c', GATE, 'stap-exporter-script', ...command.words], {
      cwd: command.folder,
      env: command.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const { pid } = this.#child;
    // Missing when the process could not be made for lack of descriptors.
    const [, stdout, stderr, gate] = this.#child.stdio as readonly unknown[] as readonly (Readable | null)[];
    for (const stream of [stdout, stderr]) if (stream !== null && stream !== undefined) relay.take(stream);
    if (pid !== undefined) {
      watchdog.started(pid);
      const opened = gate as unknown as Writable;
      opened.on('error', () => undefined);
      opened.end('go\n');
    }
    this.#over = this.#ended(watchdog);
  }

  /** True when it was asked to end. */
  get wasStopped(): boolean {
    return this.#wasStopped;
  }

  /** Resolves when no process of the script is left, with how the first of them ended: `exit status 1`. */
  get over(): Promise<string> {
    return this.#over;
  }

  /** Asks the script to end, and ends it when it does not. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || this.#isOver) return;
    this.#wasStopped = true;
    signalGroup(pid, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), END_MS);
    await this.#over;
    clearTimeout(timer);
  }

  async #ended(watchdog: ScriptWatchdog): Promise<string> {
    const how = await new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('exit', (status, signal) => resolve(signal ?? `exit status ${String(status)}`));
    });
    const { pid } = this.#child;
    if (pid !== undefined) {
      // A wrapper may be gone before what it started.
      signalGroup(pid, 'SIGTERM');
      await groupEnd(pid, END_MS);
      watchdog.ended(pid);
    }
    this.#isOver = true;
    return how;
  }
}
