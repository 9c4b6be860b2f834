import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RunningStap, until, type StapRun } from '../e2e/running-stap.ts';
import { killGroup, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { makeScratchFolder, mountsBelow, removeScratchFolder } from '../harness/scratch-folder.ts';
import { lostWrites, writerScript, type WriterProof } from './acknowledged-writes.ts';
import { Client, PatienceClock, type ClientOptions } from './client.ts';
import { leftovers } from './leftovers.ts';
import type { Random } from './random.ts';

/** How long all traces of a round may take to vanish. */
const SETTLE_MS = 2000;

/** Files of every kind, for cases that do not care. */
export const FILES_SCRIPT = String.raw`
probe procfs("r").umask(022).read { $value = "abc\n" }
probe procfs("big").read.maxsize(300000) { for (i = 0; i < 500; i++) $value .= sprintf("%499d\n", i) }
probe procfs("w").write { print($value) }
probe begin { println("begin") }
probe end { println("end") }`;

/** For scripts whose files shall be FIFOs. */
export const FIFO_OPTIONS: readonly string[] = ['--procfs=fifo'];

/** A running script and the directory of its FIFOs. */
export interface RunningFifos {
  readonly stap: RunningStap;
  readonly directory: string;
}

/** One round of one case: a private root and everything that runs on it. */
export class FaultRound {
  readonly random: Random;
  /** True in the form that is part of `npm test`: pauses and crowds are smaller. */
  readonly isShort: boolean;
  /** Everything of this round is below it; every process of it has the path in its environment. */
  readonly folder: string;
  readonly root: string;
  readonly clock = new PatienceClock();
  readonly #staps: RunningStap[] = [];
  readonly #clients: Client[] = [];
  readonly #writers: (WriterProof & { readonly output: () => string })[] = [];
  readonly #cleanups: (() => Promise<unknown>)[] = [];
  #rootMayStay = false;

  constructor(random: Random, isShort: boolean) {
    this.random = random;
    this.isShort = isShort;
    this.folder = makeScratchFolder('fault');
    chmodSync(this.folder, 0o755);
    this.root = join(this.folder, 'root');
  }

  /** For commands: what ties a process to this round, and names the root. */
  get environment(): Readonly<Record<string, string>> {
    return { STAP_FAULT_ROUND: this.folder, STAP_PROCFS_ROOT: this.root, ROOT: this.root, STAP: stapPath };
  }

  /** A name that no other round gives: commands find modules of other roots too. */
  get moduleName(): string {
    return `round_${basename(this.folder).replace(/\W/g, '_')}`;
  }

  /** File for the output of a script. */
  get logPath(): string {
    return join(this.folder, 'log');
  }

  log(): string {
    return existsSync(this.logPath) ? readFileSync(this.logPath, 'latin1') : '';
  }

  /** Starts ./stap without waiting for its files. */
  launch(run: StapRun = {}): RunningStap {
    const stap = new RunningStap({
      script: FILES_SCRIPT,
      root: this.root,
      cwd: this.folder,
      ...run,
      env: { ...this.environment, ...run.env },
    });
    this.#staps.push(stap);
    return stap;
  }

  /** Starts ./stap and waits until its files are there. */
  start(run: StapRun = {}): Promise<RunningStap> {
    return this.launch(run).ready();
  }

  /** Starts ./stap with its output in `logPath`. */
  startLogged(run: StapRun = {}): Promise<RunningStap> {
    return this.start({ ...run, options: ['-o', this.logPath, ...(run.options ?? [])] });
  }

  /** Starts a bash script that uses files; it must print something after each operation. */
  client(command: string, options: ClientOptions = {}): Client {
    const client = new Client(command, options, this.environment, this.clock);
    this.#clients.push(client);
    return client;
  }

  /** Reads a file of the script again and again until that fails. */
  readerLoop(stap: { readonly directory: string }, file = 'r', options: ClientOptions = {}): Client {
    const path = `${stap.directory}/${file}`;
    return this.client(`while cat ${path} >/dev/null; do echo .; sleep 0.005; done 2>/dev/null`, options);
  }

  /** Writes tokens to `w` again and again until that fails; they must be in `output` at the end. */
  writerLoop(stap: { readonly directory: string }, output: () => string = () => this.log()): Client {
    const prefix = `t${this.#writers.length}`;
    const inside = this.random.chance(0.3);
    const client = inside
      ? this.client(writerScript('./w', prefix, 'open each time'), { cwd: stap.directory })
      : this.client(writerScript(`${stap.directory}/w`, prefix, 'open once'));
    this.#writers.push({ client, prefix, output });
    return client;
  }

  /** Starts ./stap with its files as FIFOs and its output in `logPath`; waits until they are there. */
  async startFifos(): Promise<RunningFifos> {
    const options = [...FIFO_OPTIONS, '-m', this.moduleName, '-o', this.logPath];
    const stap = this.launch({ options });
    const directory = `${this.root}/${this.moduleName}`;
    // The last of FILES_SCRIPT.
    await until('FIFOs', () => existsSync(`${directory}/w`) || stap.isOver);
    if (stap.isOver) throw new Error(`stap ended early: ${stap.stderr()}`);
    return { stap, directory };
  }

  /** Writes tokens to the FIFO `w`, each a message of its own, until that fails. */
  fifoWriterLoop(files: { readonly directory: string }, output: () => string = () => this.log()): Client {
    const prefix = `t${this.#writers.length}`;
    // The whole directory goes at once, so nothing can be created in it.
    const client = this.client(writerScript(`${files.directory}/w`, prefix, 'open each time'));
    this.#writers.push({ client, prefix, output, throughFifo: true });
    return client;
  }

  /** Waits until all that writers wrote is printed, those through FIFOs included; they must have ended. */
  async writesHandled(): Promise<void> {
    const missing = (): string[] =>
      this.#writers.flatMap(({ client, prefix, output }) => lostWrites([{ client, prefix }], output()));
    await until('what was written', () => missing().length === 0, SETTLE_MS).catch(() => {
      throw new Error(missing().join('; '));
    });
  }

  /** Runs a command of this project or of the system to its end. */
  run(program: string, words: readonly string[], timeoutMs = 15_000): Promise<Finished> {
    return runCommand(program, words, {
      cwd: this.folder,
      timeoutMs,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.folder,
        LC_ALL: 'C',
        TZ: 'UTC',
        ...keepBuild(),
        ...this.environment,
      },
    });
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  /** Sleeps a random time of at most so long. */
  pause(mostMs: number): Promise<void> {
    return this.sleep(this.random.unit() * mostMs);
  }

  /**
   * For cases with several modules: the one that created the root directory removes it, unless another still lives there
   * then; it stays, empty.
   */
  letRootStay(): void {
    this.#rootMayStay = true;
  }

  /** A file of so many printable bytes, for writers that want much printed. */
  fileOf(bytes: number): string {
    const path = join(this.folder, `text-${bytes}`);
    if (!existsSync(path)) writeFileSync(path, 'x'.repeat(bytes));
    return path;
  }

  /** Ends clients and scripts in good order after the case itself has failed. */
  async abandon(): Promise<void> {
    await this.stopClients();
    for (const stap of this.#staps) if (!stap.isOver) killGroup(stap.pid, 'SIGTERM');
    for (const stap of this.#staps) await stap.end(3000).catch(() => undefined);
  }

  /** Runs at the very end, before the round's folder is removed. */
  onCleanup(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup);
  }

  /** Waits for the end of all clients, which must come by itself. */
  async clientsEnd(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.ended));
  }

  /** Ends all clients. */
  stopClients(): Promise<void> {
    return this.stopClientsExcept(undefined);
  }

  /** Ends all clients but that one. */
  async stopClientsExcept(kept: Client | undefined): Promise<void> {
    const others = this.#clients.filter((client) => client !== kept);
    for (const client of others) client.kill('SIGTERM');
    await Promise.all(others.map((client) => client.ended));
  }

  /** Longest time a client waited for an operation, in milliseconds. */
  longestWaitMs(): number {
    return Math.max(0, ...this.#clients.map((client) => client.longestMs));
  }

  /** What is wrong after the case: stuck clients, lost writes, things left. Call it once, at the end. */
  async findings(): Promise<string[]> {
    const unfinished = this.#clients.filter((client) => !client.isOver);
    const found = unfinished.map((client) => `client still runs: ${client.command}`);
    for (const client of unfinished) client.kill();
    for (const client of this.#clients) if (client.stuck !== undefined) found.push(client.stuck);
    for (const writer of this.#writers) found.push(...lostWrites([writer], writer.output()));
    const deadlineMs = performance.now() + SETTLE_MS;
    let left = this.#leftovers();
    while (left.length > 0 && performance.now() < deadlineMs) {
      await this.sleep(20);
      left = this.#leftovers();
    }
    return [...found, ...left.map((line) => `left: ${line}`)];
  }

  #leftovers(): string[] {
    return leftovers(this.folder, this.root, this.#rootMayStay);
  }

  /** Messages of all scripts of the round, for a report. */
  messages(): string {
    return this.#staps.map((stap) => `    [stderr of ${stap.pid}] ${stap.stderr()}`).join('\n');
  }

  /** Ends and removes what is left, so that the next round is not disturbed. */
  async clear(): Promise<void> {
    for (const client of this.#clients) client.kill();
    for (const stap of this.#staps) if (!stap.isOver) killGroup(stap.pid, 'SIGKILL');
    for (const line of this.#leftovers()) {
      const pid = /^process (\d+)/.exec(line)?.[1];
      if (pid !== undefined) killGroupOrProcess(Number(pid));
    }
    for (const cleanup of this.#cleanups) await cleanup();
    await until('unmount', () => mountsBelow(this.root).length === 0, 1000).catch(() => undefined);
    await removeScratchFolder(this.folder).catch(() => undefined);
  }
}

function keepBuild(): Record<string, string> {
  const value = process.env['STAP_KEEP_BUILD'];
  return value === undefined ? {} : { STAP_KEEP_BUILD: value };
}

function killGroupOrProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
