import { existsSync } from 'node:fs';
import type { OutputPort } from '../../runtime/output.ts';
import type { Environment } from '../ports/environment.ts';

/** A logger that takes longer does not work. */
const LOGGER_TIMEOUT_MS = 5000;
/** Where syslog listens. Without it logger(1) succeeds and the message is gone. */
const SYSLOG_SOCKET = '/dev/log';

/**
 * Messages of a module that runs without terminal: kept until `started`, then given to logger(1), tag stapio, facility
 * daemon. What syslog does not take goes to `fallback`, so that no message is lost in silence. Never blocks.
 */
export class SyslogOutput implements OutputPort {
  readonly #environment: Environment;
  readonly #fallback: (text: Buffer) => void;
  readonly #socket: string;
  #early: Buffer[] | undefined = [];
  #pending: Buffer[] = [];
  #running: Promise<void> | undefined;

  /** @param environment with PATH, where logger is looked for */
  constructor(environment: Environment, fallback: (text: Buffer) => void, socket = SYSLOG_SOCKET) {
    this.#socket = socket;
    this.#environment = environment;
    this.#fallback = fallback;
  }

  write(bytes: Uint8Array): number {
    const copy = Buffer.from(bytes);
    if (this.#early !== undefined) {
      this.#early.push(copy);
      return bytes.length;
    }
    this.#pending.push(copy);
    this.#running ??= this.#logAll();
    return bytes.length;
  }

  onWritable(callback: () => void): void {
    queueMicrotask(callback);
  }

  encode(text: string): Uint8Array {
    return Buffer.from(text, 'latin1');
  }

  /** What was written so far, a byte string; later messages go to syslog. */
  started(): string {
    const text = Buffer.concat(this.#early ?? []).toString('latin1');
    this.#early = undefined;
    return text;
  }

  /** Settles when nothing is under way any more. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #logAll(): Promise<void> {
    const { spawn } = await import('node:child_process');
    while (this.#pending.length > 0) {
      const text = Buffer.concat(this.#pending.splice(0));
      const taken =
        existsSync(this.#socket) &&
        (await new Promise<boolean>((resolve) => {
          const logger = spawn('logger', ['-t', 'stapio', '-p', 'daemon.err'], {
            stdio: ['pipe', 'ignore', 'ignore'],
            cwd: '/',
            env: this.#environment,
            timeout: LOGGER_TIMEOUT_MS,
          });
          logger.on('error', () => resolve(false));
          logger.on('exit', (status) => resolve(status === 0));
          logger.stdin.on('error', () => undefined);
          logger.stdin.end(text);
        }));
      if (!taken) this.#fallback(text);
    }
    this.#running = undefined;
  }
}
