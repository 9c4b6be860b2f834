import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';

const VERSIONS = '/usr/lib/postgresql';
const START_MS = 20_000;

/** Folder of the programs of the newest PostgreSQL that Debian installed; undefined when there is none. */
function postgresPrograms(): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).map(Number) : [];
  const programs = versions
    .sort((left, right) => right - left)
    .map((version) => `${VERSIONS}/${version}/bin`);
  return programs.find((folder) => existsSync(`${folder}/postgres`));
}

/** Whether a server can be started. */
export function hasPostgres(): boolean {
  return postgresPrograms() !== undefined;
}

/** What pgbench tells at its end. */
export interface PgbenchResult {
  readonly transactions: number;
  readonly latencyAverageMs: number;
}

/** A PostgreSQL server of the test's own, on a Unix socket in a private folder; no port is opened. */
export class PostgresServer {
  /** Path of the server's program, for `process("PATH")`. */
  readonly program: string;
  readonly #folder: string;
  readonly #user: { readonly uid?: number; readonly gid?: number };
  readonly #programs: string;
  #server: ChildProcess | undefined;

  private constructor(programs: string) {
    this.#programs = programs;
    this.program = `${programs}/postgres`;
    this.#folder = makeScratchFolder('postgres');
    chmodSync(this.#folder, 0o755);
    this.#user = process.getuid?.() === 0 ? serverUser() : {};
  }

  /** Makes a cluster, starts it, and creates pgbench's tables at scale 1. */
  static async start(): Promise<PostgresServer> {
    const programs = postgresPrograms();
    if (programs === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
    const server = new PostgresServer(programs);
    const data = join(server.#folder, 'data');
    mkdirSync(data);
    if (server.#user.uid !== undefined && server.#user.gid !== undefined)
      for (const path of [server.#folder, data]) chownSync(path, server.#user.uid, server.#user.gid);
    await server.#tool('initdb', [
      '-D',
      data,
      '-A',
      'trust',
      '-U',
      'postgres',
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C',
    ]);
    const settings = [
      'listen_addresses=',
      `unix_socket_directories=${server.#folder}`,
      'fsync=off',
      'autovacuum=off',
    ];
    server.#server = spawn(server.program, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...server.#user,
      cwd: server.#folder,
      stdio: 'ignore',
    });
    await server.#untilReady();
    await server.#tool('pgbench', [...server.#connection, '-q', '-i', '-s', '1', 'postgres']);
    return server;
  }

  /** Process of the postmaster. */
  get pid(): number {
    const pid = this.#server?.pid;
    if (pid === undefined) throw new Error('the server does not run');
    return pid;
  }

  /** Rows of a query, columns separated by `|`. */
  async query(text: string): Promise<readonly string[]> {
    const output = await this.#tool('psql', [...this.#connection, '-X', '-A', '-t', '-c', text, 'postgres']);
    return output.split('\n').filter((line) => line !== '');
  }

  /** Runs pgbench with these words before the name of the database. */
  async pgbench(words: readonly string[]): Promise<PgbenchResult> {
    const output = await this.#tool('pgbench', [...this.#connection, '-n', ...words, 'postgres']);
    const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? NaN);
    return {
      transactions: number(/actually processed: (\d+)/),
      latencyAverageMs: number(/latency average = ([\d.]+) ms/),
    };
  }

  /** Stops the server and removes its folder. */
  async dispose(): Promise<void> {
    const server = this.#server;
    if (server?.exitCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      // Immediate shutdown: nothing here is to be kept.
      server.kill('SIGQUIT');
      await ended;
    }
    await removeScratchFolder(this.#folder);
  }

  get #connection(): readonly string[] {
    return ['-h', this.#folder, '-U', 'postgres'];
  }

  async #untilReady(): Promise<void> {
    const deadlineMs = performance.now() + START_MS;
    for (;;) {
      const { status } = await this.#run('psql', [...this.#connection, '-X', '-c', 'select 1', 'postgres']);
      if (status === 0) return;
      if (performance.now() > deadlineMs) throw new Error('PostgreSQL does not answer');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #run(program: string, words: readonly string[]): ReturnType<typeof runCommand> {
    return runCommand(`${this.#programs}/${program}`, words, { cwd: this.#folder, ...this.#user });
  }

  async #tool(program: string, words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.#run(program, words);
    if (status !== 0) throw new Error(`${program}: status ${String(status)}: ${stderr}`);
    return stdout;
  }
}

/** The server refuses to run as root; Debian's package makes a user for it. */
function serverUser(): { readonly uid: number; readonly gid: number } {
  const id = (option: string): number =>
    Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
