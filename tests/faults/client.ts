import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { killGroup, plainEnvironment } from '../harness/command.ts';

/** Longest time that one operation on a file may take. */
export const PATIENCE_MS = 2000;

/** A clock that stands still while operations are expected to wait. */
export class PatienceClock {
  #pausedMs = 0;
  #pausedSinceMs: number | undefined;

  nowMs(): number {
    return (this.#pausedSinceMs ?? performance.now()) - this.#pausedMs;
  }

  pause(): void {
    this.#pausedSinceMs ??= performance.now();
  }

  resume(): void {
    if (this.#pausedSinceMs === undefined) return;
    this.#pausedMs += performance.now() - this.#pausedSinceMs;
    this.#pausedSinceMs = undefined;
  }
}

export interface ClientOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user and group. */
  readonly uid?: number;
  /** It may be silent as long as it likes: not a program that uses files. */
  readonly silent?: true;
}

/** How a client ended. Output is one UTF-16 unit per byte. */
export interface ClientEnd {
  readonly status: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A program that uses files of a module: a bash script that prints something after each operation. It is stuck when it
 * neither prints nor ends for longer than PATIENCE_MS; then it is killed and `stuck` says where it was.
 */
export class Client {
  readonly command: string;
  readonly ended: Promise<ClientEnd>;
  readonly #child: ChildProcess;
  readonly #clock: PatienceClock;
  readonly #isSilent: boolean;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #heardMs: number;
  #longestMs = 0;
  #stuck: string | undefined;
  #over = false;

  constructor(
    command: string,
    options: ClientOptions,
    environment: Readonly<Record<string, string>>,
    clock: PatienceClock,
  ) {
    this.command = command;
    this.#clock = clock;
    this.#isSilent = options.silent === true;
    this.#heardMs = clock.nowMs();
    this.#child = spawn('/bin/bash', ['-c', command], {
      cwd: options.cwd ?? '/',
      env: plainEnvironment({ ...environment, ...options.env }),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#hear(this.#stdout, chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#hear(this.#stderr, chunk));
    const watch = this.#isSilent ? undefined : setInterval(() => this.#checkPatience(), 50);
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => this.#stderr.push(Buffer.from(String(error))));
      this.#child.on('close', (status, signal) => {
        clearInterval(watch);
        this.#over = true;
        this.#note();
        resolve({
          status: status ?? undefined,
          signal: signal ?? undefined,
          stdout: this.stdout(),
          stderr: Buffer.concat(this.#stderr).toString('latin1'),
        });
      });
    });
  }

  /** What the client did last when it was stuck; undefined when it never was. */
  get stuck(): string | undefined {
    return this.#stuck;
  }

  get isOver(): boolean {
    return this.#over;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The longest time without a word, which no single operation exceeded. */
  get longestMs(): number {
    return this.#longestMs;
  }

  stdout(): string {
    return Buffer.concat(this.#stdout).toString('latin1');
  }

  /** Sends the signal to the client and all that it started. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.#child.pid !== undefined) killGroup(this.#child.pid, signal);
  }

  #hear(chunks: Buffer[], chunk: Buffer): void {
    chunks.push(chunk);
    this.#note();
  }

  #note(): void {
    const nowMs = this.#clock.nowMs();
    if (!this.#isSilent) this.#longestMs = Math.max(this.#longestMs, nowMs - this.#heardMs);
    this.#heardMs = nowMs;
  }

  #checkPatience(): void {
    if (this.#stuck !== undefined || this.#clock.nowMs() - this.#heardMs <= PATIENCE_MS) return;
    this.#stuck = `no word for ${PATIENCE_MS} ms from: ${this.command}\n${this.#states()}`;
    this.kill();
  }

  /** The processes of the client and what the kernel says they wait for. */
  #states(): string {
    try {
      const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'latin1').trim();
      return [String(this.pid), ...children.split(' ')]
        .filter((pid) => pid !== '')
        .map((pid) => {
          const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').slice(0, 80);
          return `    ${pid} in ${readFileSync(`/proc/${pid}/wchan`, 'latin1')}: ${command}`;
        })
        .join('\n');
    } catch {
      return '    (it has just ended)';
    }
  }
}
