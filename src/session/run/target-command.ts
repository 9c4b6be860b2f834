import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { constants } from 'node:os';
import type { CompiledModule } from '../../module/compiled-module.ts';
import { childEnvironment, type Environment } from '../ports/environment.ts';
import { expandWords } from '../word-expansion.ts';

/** What becomes of the command of -c: undefined when it ended well, otherwise the warning about it. */
export type CommandOutcome = { readonly warning: string | undefined };

/** The text of -c cannot be run at all. */
export class TargetCommandError extends Error {}

/** What decides about the command of a run. */
export interface CommandRequest {
  readonly options: { readonly command: string | undefined };
  readonly environment: Environment;
  /** Name under which the module runs. */
  readonly moduleName: string;
  readonly module: Pick<CompiledModule, 'needs'>;
}

/** How long a session that ends waits for a command that ends as well. */
const LAST_CHANCE_MS = 50;
/** Waits for a line on descriptor 3, then becomes the command: its process number is known before it runs. */
const WAIT_THEN_EXEC = 'read -r go <&3 && exec 3<&- && exec "$@"';

/**
 * The command of -c: created before the begin probes run, so that target() is its process number, and let go
 * when the probes are active. Plain words run directly, anything that needs a shell runs under `sh -c`.
 */
export class TargetCommand {
  readonly #child: ChildProcess;
  readonly #gate: Writable;
  /** Settles when the command has ended. */
  readonly ended: Promise<CommandOutcome>;

  /**
   * @param stdinForwarded standard input belongs to the script, the command gets none
   * @throws {TargetCommandError}
   */
  constructor(command: string, environment: Environment, stdinForwarded: boolean) {
    // Few runs need it, and it takes 3 ms to load.
    const { spawn } = process.getBuiltinModule('node:child_process');
    const words = commandWords(command, environment).map((word) => Buffer.from(word, 'latin1').toString());
    this.#child = spawn('/bin/sh', ['-c', WAIT_THEN_EXEC, 'sh', ...words], {
      stdio: [stdinForwarded ? 'ignore' : 'inherit', 'inherit', 'inherit', 'pipe'],
      env: environment,
    });
    this.#child.on('error', () => undefined);
    // There is neither a process nor a pipe for lack of descriptors, memory or a process number.
    if (this.#child.pid === undefined)
      throw new TargetCommandError(
        'The command of -c could not be started: out of processes or descriptors.',
      );
    this.#gate = this.#child.stdio[3] as Writable;
    this.#gate.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.#child.on('exit', (status, signal) => {
        const outcome = { warning: outcomeWarning(status, signal) };
        // Ctrl-\ in a terminal reaches this process too, and shall count first: the module is handed over.
        if (signal === 'SIGQUIT') setTimeout(() => resolve(outcome), LAST_CHANCE_MS);
        else resolve(outcome);
      });
    });
  }

  /** Process number. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lets the command run. */
  release(): void {
    this.#gate.end('\n');
  }

  /** Ends it before it ran: the start failed. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /**
   * Stops waiting: a command that still runs does not keep this process alive. Settles at the latest after the time
   * that one needs to die of the ^C that ended the session too, so that what became of it does not depend on chance.
   */
  async abandon(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, LAST_CHANCE_MS)));
    await Promise.race([this.ended, timeout]);
    clearTimeout(timer);
    this.#child.unref();
    this.#gate.destroy();
  }
}

/** The command of -c, created and held back; undefined when there is none. @throws {TargetCommandError} */
export function createTargetCommand(request: CommandRequest): TargetCommand | undefined {
  const { options, environment, moduleName, module } = request;
  if (options.command === undefined) return undefined;
  return new TargetCommand(options.command, childEnvironment(environment, moduleName), module.needs.stdin);
}

function commandWords(command: string, environment: Environment): readonly string[] {
  const expansion = expandWords(command, environment);
  if (expansion.kind === 'words')
    return expansion.hasPattern || expansion.words.length === 0 ? ['sh', '-c', command] : expansion.words;
  switch (expansion.failure) {
    case 'bad-character':
      return ['sh', '-c', command];
    case 'syntax':
      throw new TargetCommandError('wordexp: syntax error (unmatched quotes?) in -c COMMAND');
    case 'command-substitution':
      throw new TargetCommandError('wordexp: parsing error (4)');
    case 'undefined-variable':
      throw new TargetCommandError('wordexp: parsing error (3)');
  }
}

function outcomeWarning(status: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) {
    const number = constants.signals[signal];
    return `Child process exited with signal ${number} (${SIGNAL_TEXTS[signal] ?? signal})`;
  }
  return status === 0 ? undefined : `Child process exited with status ${status ?? 1}`;
}

/** strsignal(3) of the signals that usually end programs. */
const SIGNAL_TEXTS: Partial<Record<NodeJS.Signals, string>> = {
  SIGHUP: 'Hangup',
  SIGINT: 'Interrupt',
  SIGQUIT: 'Quit',
  SIGILL: 'Illegal instruction',
  SIGABRT: 'Aborted',
  SIGBUS: 'Bus error',
  SIGFPE: 'Floating point exception',
  SIGKILL: 'Killed',
  SIGUSR1: 'User defined signal 1',
  SIGSEGV: 'Segmentation fault',
  SIGUSR2: 'User defined signal 2',
  SIGPIPE: 'Broken pipe',
  SIGALRM: 'Alarm clock',
  SIGTERM: 'Terminated',
};
