import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

/** Root folder of the repository; tests are always started from inside it. */
export const repositoryRoot = process.cwd();
/** The program under test. */
export const stapPath = join(repositoryRoot, 'stap');

/** How many times as long as usual tests wait: STAP_TEST_PATIENCE, for slow machines. */
export const patience = Number(process.env['STAP_TEST_PATIENCE'] ?? 1);

/** What a finished process left behind. Output is one UTF-16 unit per byte, as everywhere in this project. */
export interface Finished {
  readonly status: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Environment in which stap behaves the same on every machine: no colours, no user's rc file, UTC. */
export function plainEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: `${dirname(stapPath)}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    TZ: 'UTC',
    TERM: 'dumb',
    ...(process.env['STAP_KEEP_BUILD'] === undefined ? {} : { STAP_KEEP_BUILD: '1' }),
    ...extra,
  };
}

/**
 * Runs a program to its end and never rejects. It gets its own process group, which is killed after `timeoutMs`
 * (default 20 000, times `patience`), so that nothing outlives a test.
 */
export function runCommand(
  program: string,
  programArguments: readonly string[],
  options: CommandOptions = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, programArguments, {
      cwd: options.cwd ?? repositoryRoot,
      env: options.env ?? plainEnvironment(),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(
      () => {
        timedOut = true;
        if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
      },
      (options.timeoutMs ?? 20_000) * patience,
    );
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(Buffer.from(options.stdin ?? '', 'latin1'));
    child.on('error', (error) => stderr.push(Buffer.from(String(error))));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({
        status: status ?? undefined,
        signal: signal ?? undefined,
        stdout: Buffer.concat(stdout).toString('latin1'),
        stderr: Buffer.concat(stderr).toString('latin1'),
        timedOut,
      });
    });
  });
}

/** Sends a signal to a process group; a group that is gone already is no error. */
export function killGroup(leaderPid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leaderPid, signal);
  } catch {
    // The group ended by itself.
  }
}
