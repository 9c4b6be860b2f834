import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { plainEnvironment, repositoryRoot } from '../harness/command.ts';
import { until } from './running-stap.ts';

/** A stap-exporter for the scripts of a directory, on a free port of this machine. */
export class RunningExporter {
  readonly #child: ChildProcess;
  #output = '';

  constructor(directory: string, options: readonly string[] = []) {
    const program = join(repositoryRoot, 'stap-exporter');
    const root = ['--procfs-root', join(directory, 'root')];
    this.#child = spawn(program, ['-p', '0', '-s', directory, ...root, ...options], {
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  /** `127.0.0.1:PORT`, once it listens. */
  async address(): Promise<string> {
    const port = (): string | undefined => /^listening on port (\d+)$/m.exec(this.#output)?.[1];
    await until('stap-exporter', () => port() !== undefined || this.#child.exitCode !== null);
    const found = port();
    if (found === undefined) throw new Error(this.#output);
    return `127.0.0.1:${found}`;
  }

  /** Ends it, and with it its scripts. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.on('close', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}
