import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  plainEnvironment,
  repositoryRoot,
  runCommand,
  type CommandOptions,
  type Finished,
} from '../harness/command.ts';
import { makeScratchFolder, mountsBelow, removeScratchFolder } from '../harness/scratch-folder.ts';
import { processesNaming, until } from './running-stap.ts';

/** A shell session with a private root and a private working directory, for flows of several commands. */
export class ModuleSession {
  readonly folder = makeScratchFolder('flow');
  readonly root = join(this.folder, 'root');

  /** For commands: this project's programs come first, modules are below `root`. */
  get environment(): Record<string, string> {
    return plainEnvironment({
      STAP_PROCFS_ROOT: this.root,
      HOME: this.folder,
      PATH: `${repositoryRoot}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
    });
  }

  /** Runs one command line as a shell does; the working directory is the session's. */
  sh(command: string, options: CommandOptions = {}): Promise<Finished> {
    return runCommand('/bin/bash', ['-c', command], { cwd: this.folder, env: this.environment, ...options });
  }

  /** Output of `stap-lsmod` once it matches; a module answers questions some milliseconds after its files are there. */
  async listing(pattern: RegExp): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const { stdout } = await this.sh('stap-lsmod');
      if (pattern.test(stdout) || attempt === 20) return stdout;
    }
  }

  /** Names in the root that are modules' directories. */
  directories(): string[] {
    return existsSync(this.root) ? readdirSync(this.root).filter((name) => !name.startsWith('.')) : [];
  }

  /** Throws unless no mount, no process and no entry of a module is left, waiting at most two seconds. */
  async assertNothingLeft(): Promise<void> {
    await until(`unmount below ${this.root}`, () => mountsBelow(this.root).length === 0, 2000);
    await until('end of all processes', () => processesNaming(this.folder).length === 0, 2000);
    const left = existsSync(this.root) ? readdirSync(this.root) : [];
    if (left.length > 0) throw new Error(`left in ${this.root}: ${left.join(' ')}`);
  }

  /** For afterAll: ends what a failed test left running. */
  async dispose(): Promise<void> {
    for (const pid of processesNaming(this.folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    await until('unmount', () => mountsBelow(this.root).length === 0, 2000).catch(() => undefined);
    await removeScratchFolder(this.folder);
  }
}
