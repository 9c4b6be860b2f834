import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { plainEnvironment, repositoryRoot } from '../harness/command.ts';
import { makeScratchFolder, mountsBelow, removeScratchFolder } from '../harness/scratch-folder.ts';
import { processesNaming, until } from './running-stap.ts';

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Byte string. */
  readonly body: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly host?: string;
}

/** A script whose text is `text`, as long as it runs. */
export function publishing(text: string): string {
  return `probe prometheus { $value = ${JSON.stringify(text)} }\n`;
}

/** ./stap-exporter with a directory of scripts, a root and a temporary directory of its own. */
export class RunningExporter {
  readonly folder = makeScratchFolder('exporter');
  readonly scripts = join(this.folder, 'scripts');
  readonly root = join(this.folder, 'root');
  readonly #output: string[] = [];
  readonly #errors: string[] = [];
  #child: ChildProcess | undefined;
  #status: number | string | undefined;

  constructor(scripts: Readonly<Record<string, string>>) {
    chmodSync(this.folder, 0o755);
    mkdirSync(this.scripts);
    mkdirSync(join(this.folder, 'tmp'));
    for (const [name, text] of Object.entries(scripts)) this.write(name, text);
  }

  /** Makes a script; one that starts with `#!` is executable. */
  write(name: string, text: string): void {
    const path = join(this.scripts, name);
    rmSync(path, { force: true });
    writeFileSync(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }

  remove(name: string): void {
    rmSync(join(this.scripts, name));
  }

  /** Starts it on a free port and waits until it listens, or has ended. */
  async start(...options: readonly string[]): Promise<this> {
    const words = ['--port', '0', '--scripts', this.scripts, '--procfs-root', this.root, ...options];
    const child = spawn(join(repositoryRoot, 'stap-exporter'), words, {
      cwd: this.folder,
      env: plainEnvironment({ TMPDIR: join(this.folder, 'tmp') }),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (piece: Buffer) => this.#output.push(piece.toString('latin1')));
    child.stderr.on('data', (piece: Buffer) => this.#errors.push(piece.toString('latin1')));
    child.on('close', (status, signal) => (this.#status = status ?? signal ?? undefined));
    this.#child = child;
    await until('a port', () => this.output.includes('searched under') || this.#status !== undefined, 20_000);
    return this;
  }

  get output(): string {
    return this.#output.join('');
  }

  get errors(): string {
    return this.#errors.join('');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get port(): number {
    return Number(/listening on port (\d+)/.exec(this.output)?.[1]);
  }

  async get(path: string, options: HttpRequest = {}): Promise<HttpAnswer> {
    const { method = 'GET', headers = {}, host = '127.0.0.1' } = options;
    return new Promise((resolve, reject) => {
      const sent = request({ host, port: this.port, path, method, headers, agent: false }, (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('end', () => {
          const body = Buffer.concat(pieces).toString('latin1');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** The answer once it has that status. */
  async answer(path: string, status: number, timeoutMs = 10_000): Promise<HttpAnswer> {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      const answer = await this.get(path);
      if (answer.status === status) return answer;
      if (performance.now() > deadlineMs)
        throw new Error(`${path} answers ${answer.status} ${answer.body}; ${this.output}${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The joined metrics once the text occurs in them. */
  async metrics(text = ''): Promise<string> {
    const deadlineMs = performance.now() + 10_000;
    for (;;) {
      const { body } = await this.get('/metrics');
      if (body.includes(text)) return body;
      if (performance.now() > deadlineMs) throw new Error(`${text} is not in ${body}; ${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async printed(text: string, timeoutMs = 10_000): Promise<void> {
    await until(`${text} in ${this.output}`, () => this.output.includes(text), timeoutMs);
  }

  async complained(text: string): Promise<void> {
    await until(`${text} in ${this.errors}`, () => this.errors.includes(text));
  }

  /** Processes of the script's group, by the module's name in their command line. */
  processesOf(id: number): number[] {
    return processesNaming(this.root).filter((pid) =>
      readCommand(pid).includes(`__stap_exporter_${this.pid}_${id}\0`),
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Resolves to the exit status, or the signal. */
  async end(): Promise<number | string | undefined> {
    await until('end of the exporter', () => this.#status !== undefined, 15_000);
    return this.#status;
  }

  /** Throws unless no process, mount or file of it is left. */
  async assertNothingLeft(timeoutMs = 2000): Promise<void> {
    await until('end of all processes', () => processesNaming(this.folder).length === 0, timeoutMs);
    await until('unmount', () => mountsBelow(this.root).length === 0, timeoutMs);
    const left = [this.root, join(this.folder, 'tmp')].flatMap((path) =>
      existsSync(path) ? readdirSync(path) : [],
    );
    const loose = readdirSync(this.folder).filter((name) => name.includes('stap_exporter'));
    if (left.length + loose.length > 0) throw new Error(`left: ${[...left, ...loose].join(' ')}`);
  }

  async dispose(): Promise<void> {
    if (this.#child !== undefined && this.#status === undefined) {
      this.signal('SIGTERM');
      await this.end().catch(() => this.signal('SIGKILL'));
    }
    for (const pid of processesNaming(this.folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    await removeScratchFolder(this.folder);
  }
}

function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
