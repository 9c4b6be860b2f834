import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable, Stream } from 'node:stream';
import { colorize } from '../../diagnostic/colors.ts';
import { moduleText } from '../../module/compiled-module-text.ts';
import { ForegroundEnd, type BackgroundOutput } from './background-channel.ts';
import { BACKGROUND_VARIABLE } from './background-descriptors.ts';
import { disconnectText } from './disconnect-text.ts';
import { runSetup, type RunRequest } from '../run/run-setup.ts';
import type { StandardStreams } from '../ports/standard-streams.ts';
import { createTargetCommand, TargetCommandError, type TargetCommand } from '../run/target-command.ts';

/** How a module starts that does not run in this process. */
export interface DetachedStart extends RunRequest {
  /** Whether the tail of the name gives way to the number of the process that runs the module. */
  readonly rename: boolean;
  /** `ring`: `-F`, `staprun -L`. `own-file`: `-F -o FILE`, `staprun -D`. */
  readonly output: BackgroundOutput;
}

/** A module that runs on its own. */
export interface DetachedModule {
  readonly pid: number;
  readonly moduleName: string;
}

/**
 * Runs a module in a process of its own that outlives this one. Resolves once its probes are active and that has been
 * told as SystemTap does: with output to a file the number of that process, otherwise how to reconnect. Resolves to undefined
 * when it did not start, which has been reported on standard error.
 */
export async function startDetached(
  start: DetachedStart,
  streams: StandardStreams,
): Promise<DetachedModule | undefined> {
  let command: TargetCommand | undefined;
  try {
    command = createTargetCommand(start);
  } catch (error) {
    if (!(error instanceof TargetCommandError)) throw error;
    streams.error(`${colorize('ERROR:', 'error', start.colors)} ${error.message}\n`);
    return undefined;
  }
  const child = await spawnBackground(start.directory, start.environment, []);
  child.channel.send({
    kind: 'start',
    module: moduleText(start.module),
    setup: runSetup(start, command?.pid ?? start.options.targetPid ?? 0),
    rename: start.rename,
    output: start.output,
  });
  const answer = await child.channel.receive();
  child.channel.close();
  if (answer?.kind === 'running') {
    // The command is left alone: there is nobody who could wait for it.
    command?.release();
    void command?.abandon();
    const { outputFormat } = start.options;
    streams.error(answer.messages);
    if (start.output === 'own-file') streams.out(`${child.pid}\n`);
    else streams.error(disconnectText({ moduleName: answer.moduleName, outputFormat }));
    return { pid: child.pid, moduleName: answer.moduleName };
  }
  command?.kill();
  streams.error(answer?.kind === 'failed' ? answer.messages : await child.lastWords());
  return undefined;
}

/** A process made by spawnBackground(). */
export interface BackgroundProcess {
  readonly pid: number;
  readonly channel: ForegroundEnd;
  /** What it wrote to standard error, complete when it has ended: only a crash writes there. */
  lastWords(): Promise<string>;
  kill(): void;
}

/** Starts a process that waits for a message. `descriptors` become its descriptors from 4 on. */
export async function spawnBackground(
  directory: string,
  environment: DetachedStart['environment'],
  descriptors: readonly (number | 'ignore' | Stream)[],
): Promise<BackgroundProcess> {
  const { spawn } = await import('node:child_process');
  const child: ChildProcess = spawn(process.execPath, [`${directory}/dist/stap.cjs`], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...descriptors],
    env: { ...environment, [BACKGROUND_VARIABLE]: '1' },
  });
  child.on('error', () => undefined);
  child.unref();
  const errors = child.stdio[2] as Readable;
  let words = '';
  errors.on('data', (data: Buffer) => (words += data.toString('latin1')));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    pid: child.pid ?? 0,
    channel: new ForegroundEnd(child.stdio[3] as Duplex),
    lastWords: async () => {
      await ended;
      return words;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
