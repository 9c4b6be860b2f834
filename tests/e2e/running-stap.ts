import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  killGroup,
  patience,
  plainEnvironment,
  runCommand,
  stapPath,
  type CommandOptions,
  type Finished,
} from '../harness/command.ts';
import {
  makeScratchFolder,
  mountLinesBelow,
  mountsBelow,
  removeScratchFolder,
} from '../harness/scratch-folder.ts';

export interface StapRun {
  /** Script text for -e; or give the script among `options`. */
  readonly script?: string;
  /** Words before the script. */
  readonly options?: readonly string[];
  /** Words after the script. */
  readonly scriptArguments?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Root of the module directories; default: a private one. */
  readonly root?: string;
}

/** What stap left behind when it ended. */
export interface StapEnd {
  readonly status: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A private folder in which module directories appear; readable by everybody. */
export function makeRoot(): string {
  const folder = makeScratchFolder('e2e');
  chmodSync(folder, 0o755);
  return join(folder, 'root');
}

/** Processes whose command line or environment names `word`, except this one. */
export function processesNaming(word: string): number[] {
  const readOrEmpty = (path: string): string => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return ''; // The process ended meanwhile.
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(
      (pid) =>
        readOrEmpty(`/proc/${pid}/cmdline`).includes(word) ||
        readOrEmpty(`/proc/${pid}/environ`).includes(word),
    )
    .map(Number);
}

/** Waits until `condition` holds; throws naming `what` after `timeoutMs`. */
export async function until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs * patience;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A folder in which everybody may leave files, beside a root. */
function workingFolder(root: string): string {
  const folder = join(dirname(root), 'cwd');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o1777);
  return folder;
}

/** ./stap as a running process with a private root. */
export class RunningStap {
  readonly root: string;
  readonly child: ChildProcess;
  private readonly stdoutChunks: Buffer[] = [];
  private readonly stderrChunks: Buffer[] = [];
  private readonly ended: Promise<StapEnd>;
  private readonly mountsBefore: ReadonlySet<string>;
  private over = false;
  private mountPoint = '';

  constructor(run: StapRun) {
    this.root = run.root ?? makeRoot();
    this.mountsBefore = new Set(mountLinesBelow(this.root).map(({ line }) => line));
    const script = run.script === undefined ? [] : ['-e', run.script];
    this.child = spawn(
      stapPath,
      ['--procfs-root', this.root, ...(run.options ?? []), ...script, ...(run.scriptArguments ?? [])],
      {
        cwd: run.cwd ?? workingFolder(this.root),
        env: plainEnvironment(run.env),
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
        ...(run.uid === undefined ? {} : { uid: run.uid }),
        ...(run.gid === undefined ? {} : { gid: run.gid }),
      },
    );
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.on('data', (chunk: Buffer) => this.stdoutChunks.push(chunk));
    this.child.stderr?.on('data', (chunk: Buffer) => this.stderrChunks.push(chunk));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (status, signal) => {
        this.over = true;
        resolve({
          status: status ?? undefined,
          signal: signal ?? undefined,
          stdout: this.stdout(),
          stderr: this.stderr(),
        });
      });
    });
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('stap did not start');
    return pid;
  }

  /** True once the process ended and its output is complete. */
  get isOver(): boolean {
    return this.over;
  }

  /** The module's directory, known after `ready()`. */
  get directory(): string {
    return this.mountPoint;
  }

  get moduleName(): string {
    return this.mountPoint.slice(this.root.length + 1);
  }

  stdout(): string {
    return Buffer.concat(this.stdoutChunks).toString('latin1');
  }

  stderr(): string {
    return Buffer.concat(this.stderrChunks).toString('latin1');
  }

  /** Waits for the module directory; throws with stap's messages when it ends before. */
  async ready(): Promise<this> {
    await until(
      'module directory',
      () => {
        // A dead module's mount may still be there, at the same path.
        const fresh = mountLinesBelow(this.root).filter(
          ({ line }) => line.includes(' - fuse') && !this.mountsBefore.has(line),
        );
        this.mountPoint = fresh.at(-1)?.path ?? '';
        return this.mountPoint !== '' || this.over;
      },
      15_000,
    );
    if (this.mountPoint === '') throw new Error(`stap ended early: ${this.stderr()}`);
    return this;
  }

  /** Runs a bash command inside the module directory. */
  sh(command: string, options: CommandOptions = {}): Promise<Finished> {
    return runCommand('/bin/bash', ['-c', command], { cwd: this.directory, ...options });
  }

  /** Standard output of a command that must succeed without a word on standard error. */
  async out(command: string, options: CommandOptions = {}): Promise<string> {
    const result = await this.sh(command, options);
    if (result.status !== 0 || result.stderr !== '')
      throw new Error(`${command}: status ${String(result.status)}, stderr ${result.stderr}`);
    return result.stdout;
  }

  /** Waits until the text occurs in standard output. */
  async printed(text: string): Promise<void> {
    await until(`output ${JSON.stringify(text)}, got ${JSON.stringify(this.stdout().slice(-500))}`, () =>
      this.stdout().includes(text),
    );
  }

  /** The end of the process; throws when it does not come in time. */
  async end(timeoutMs = 10_000): Promise<StapEnd> {
    await until('end of stap', () => this.over, timeoutMs);
    return this.ended;
  }

  /** Sends a signal, by default as ^C on a terminal does (to the process group), and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<StapEnd> {
    killGroup(this.pid, signal);
    return this.end();
  }

  /** Throws unless no mount, no directory and no process of this run is left, waiting at most a second. */
  async assertNothingLeft(): Promise<void> {
    await until(`unmount of ${this.root}`, () => mountsBelow(this.root).length === 0, 1500);
    await until(`end of all processes of ${this.root}`, () => processesNaming(this.root).length === 0, 1500);
    const left = existsSync(this.root) ? readdirSync(this.root) : [];
    if (left.length > 0) throw new Error(`left in ${this.root}: ${left.join(' ')}`);
  }

  /** For afterAll: ends the run whatever its state, and removes its root. */
  async dispose(): Promise<void> {
    if (!this.over) {
      killGroup(this.pid, 'SIGTERM');
      await this.end(3000).catch(() => killGroup(this.pid, 'SIGKILL'));
    }
    await until('unmount', () => mountsBelow(this.root).length === 0, 3000).catch(() => undefined);
    await removeScratchFolder(dirname(this.root));
  }
}

/** Starts stap and waits for its directory. */
export function startStap(run: StapRun | string): Promise<RunningStap> {
  return new RunningStap(typeof run === 'string' ? { script: run } : run).ready();
}
