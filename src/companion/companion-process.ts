import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { CompanionRequest, FromCompanion, ToCompanion } from './companion-channel.ts';

/** Most that is kept of what a companion says when it breaks down, characters. */
const MAX_LAST_WORDS = 4096;

/** Whether the companion serves: `lines` are for the user. `failed`: it does not, and `text` says why. Byte strings. */
export type CompanionStart = Extract<FromCompanion, { kind: 'listening' | 'failed' }>;

/** The other end of this process's companion. */
export class CompanionProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #watching: Promise<void>;
  #tellStart: (start: CompanionStart) => void = () => undefined;
  #tellWatching: () => void = () => undefined;
  #warn: (text: string) => void = () => undefined;
  #lastWords = '';
  #isReleased = false;

  /** Starts it; `directory`: the installation. It waits for `serve`, and ends when this process does before that. */
  constructor(directory: string, environment: Readonly<Record<string, string | undefined>>) {
    this.#watching = new Promise((resolve) => (this.#tellWatching = resolve));
    // Without options of V8: its compiled form of the program would be refused. A session of its own, because Ctrl-C in the
    // terminal is for the script.
    this.#child = spawn(process.execPath, [`${directory}/dist/stap-companion.cjs`], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...environment },
    });
    this.#child.on('message', (message) => this.#accept(message as FromCompanion));
    this.#child.stderr?.on('data', (data: Buffer) => {
      if (this.#lastWords.length < MAX_LAST_WORDS) this.#lastWords += data.toString('latin1');
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#lastWords ||= error.message;
        resolve();
      });
      this.#child.on('close', () => resolve());
    });
    this.#rest();
  }

  /** Settles once it serves, or has said why it cannot. */
  async serve(request: CompanionRequest): Promise<CompanionStart> {
    const answered = new Promise<CompanionStart>((resolve) => (this.#tellStart = resolve));
    this.#child.ref();
    this.#child.channel?.ref();
    this.#send({ kind: 'serve', request });
    const start = await Promise.race([answered, this.#ended.then(() => this.#brokenStart())]);
    this.#rest();
    return start;
  }

  /** The module can be asked now. `warn` hears what is left out, and once when the companion has gone before the end. */
  started(warn: (text: string) => void): void {
    this.#warn = warn;
    this.#send({ kind: 'started' });
    void this.#ended.then(() => {
      this.#tellWatching();
      if (!this.#isReleased) warn(this.#goneText());
    });
  }

  /** Settles when the companion will hear of the end of the module, or there is none. */
  get watching(): Promise<void> {
    return this.#watching;
  }

  /** The module ends or moves: that the companion leaves is nothing to tell any more. */
  release(): void {
    this.#isReleased = true;
  }

  /** Nothing will be served after all. */
  dismiss(): void {
    this.#isReleased = true;
    if (this.#child.connected) this.#child.disconnect();
  }

  #accept(message: FromCompanion): void {
    switch (message.kind) {
      case 'listening':
      case 'failed':
        this.#tellStart(asBytes(message));
        return;
      case 'watching':
        this.#tellWatching();
        return;
      case 'warning':
        this.#warn(bytes(message.text));
        return;
    }
  }

  /** It does not keep this process alive. */
  #rest(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    (this.#child.stderr as Socket | null)?.unref();
  }

  #send(message: ToCompanion): void {
    // Whether it arrives tells the end of the process.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #brokenStart(): CompanionStart {
    return {
      kind: 'failed',
      text: `Nothing can be served: the process for it ended. ${this.#lastWords}`.trim(),
    };
  }

  #goneText(): string {
    const { pid, exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `has ended with status ${exitCode}` : `was ended by ${signalCode}`;
    const words = this.#lastWords.trim();
    return `Metrics and dashboard are not served any more: process ${pid} ${how}.${words === '' ? '' : `\n${words}`}`;
  }
}

/** Texts of a run are byte strings. */
function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function asBytes(start: CompanionStart): CompanionStart {
  return start.kind === 'failed'
    ? { kind: 'failed', text: bytes(start.text) }
    : { kind: 'listening', lines: start.lines.map(bytes) };
}
