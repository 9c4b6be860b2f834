import { join } from 'node:path';
import { RunningStap } from '../../tests/e2e/running-stap.ts';
import { plainEnvironment, repositoryRoot, runCommand, stapPath } from '../../tests/harness/command.ts';
import { mountsBelow } from '../../tests/harness/scratch-folder.ts';
import { SOAK_SCRIPT } from './script-under-load.ts';

const NAME = 'soaked';

/** The running script that is soaked. */
export interface SoakedModule {
  readonly pid: number;
  /** Where its files are. */
  readonly directory: string;
  /** Ends it in good order; resolves to what is wrong, undefined when all is well. */
  readonly end: () => Promise<string | undefined>;
}

/** Starts the script with its output in `log`: as the child of this process, or in the background as `stap -F -o` does. */
export async function startSoaked(folder: string, log: string, detached: boolean): Promise<SoakedModule> {
  const root = join(folder, 'root');
  const module = await (detached ? startInBackground(root, log) : startInForeground(root, log));
  return {
    ...module,
    end: async () =>
      (await module.end()) ?? (mountsBelow(root).length > 0 ? 'the directory is still mounted' : undefined),
  };
}

async function startInForeground(root: string, log: string): Promise<SoakedModule> {
  const stap = await new RunningStap({ script: SOAK_SCRIPT, root, options: ['-m', NAME, '-o', log] }).ready();
  return {
    pid: stap.pid,
    directory: stap.directory,
    end: async () => {
      const { status, stderr } = await stap.stop();
      return status === 0 && stderr === '' ? undefined : `stap ended with ${String(status)}: ${stderr}`;
    },
  };
}

async function startInBackground(root: string, log: string): Promise<SoakedModule> {
  const env = plainEnvironment({ STAP_PROCFS_ROOT: root });
  const started = await runCommand(stapPath, ['-F', '-o', log, '-m', NAME, '-e', SOAK_SCRIPT], {
    env,
    cwd: '/tmp',
  });
  if (started.status !== 0) throw new Error(`stap -F: ${started.stderr}`);
  return {
    pid: Number(started.stdout),
    directory: `${root}/${NAME}`,
    end: async () => {
      const { status, stderr } = await runCommand(join(repositoryRoot, 'stap-rmmod'), ['-f', NAME], { env });
      return status === 0 ? undefined : `stap-rmmod ended with ${String(status)}: ${stderr}`;
    },
  };
}
