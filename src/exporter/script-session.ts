import { setTimeout as pause } from 'node:timers/promises';
import { readScriptText, type ScriptText } from './read-script-text.ts';
import type { ScriptFile } from './script-directory.ts';
import type { ScriptProcess } from './script-process.ts';

/** A script that ends by itself is started again after a pause that doubles each time. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A script that has run that long is taken to be in order. */
const STEADY_MS = 60_000;
const LOOK_MS = 100;

/** What a session does in the world. */
export interface SessionPorts {
  /** Prints a line for the user. */
  readonly print: (line: string) => void;
  readonly start: (script: ScriptFile, moduleName: string) => ScriptProcess;
  /** Where the module's file may be, in the order to look. */
  readonly textPaths: (moduleName: string) => readonly string[];
  /** Milliseconds without a request after which a script is ended; undefined: never. */
  readonly keepAliveMs: number | undefined;
}

/** One script of the directory: running or not, started when it is asked for, ended when nobody asks. */
export class ScriptSession {
  readonly moduleName: string;
  readonly isAutostart: boolean;
  readonly #ports: SessionPorts;
  #script: ScriptFile;
  #process: ScriptProcess | undefined;
  /** Of the file as it was when it was started. */
  #startedVersion = '';
  #startedAtMs = 0;
  #starts = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #notBeforeMs = 0;
  #reading: Promise<ScriptText> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(script: ScriptFile, moduleName: string, ports: SessionPorts) {
    this.#script = script;
    this.moduleName = moduleName;
    this.isAutostart = script.name.includes('autostart');
    this.#ports = ports;
    ports.print(`session ${script.name} found`);
    if (this.isAutostart) this.#start('autostart');
  }

  get name(): string {
    return this.#script.name;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  get startedAtMs(): number {
    return this.#startedAtMs;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  /** True when the running script is not what the file says now. */
  get isOutdated(): boolean {
    return this.#process !== undefined && this.#startedVersion !== this.#script.version;
  }

  /** The file as it is now; a new one is tried at once, however often the old one failed. */
  update(script: ScriptFile): void {
    if (script.version === this.#script.version) return;
    this.#script = script;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#notBeforeMs = 0;
    if (this.isAutostart && this.#process === undefined) this.#start('autostart');
  }

  /** Starts the script if it does not run, and lets it live on. */
  use(): void {
    if (this.#process === undefined && performance.now() >= this.#notBeforeMs) this.#start('start');
    this.#keepAlive();
  }

  /** Its text; all who ask at the same time get the same one. */
  read(): Promise<ScriptText> {
    this.#reading ??= readScriptText(this.#ports.textPaths(this.moduleName)).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Its text, as soon as its file is there; gives up after `patienceMs`, and when the script has ended. */
  async readWhenThere(patienceMs: number): Promise<ScriptText> {
    const deadlineMs = performance.now() + patienceMs;
    for (;;) {
      const text = await this.read();
      if (text.kind === 'text' || this.#process === undefined) return text;
      if (performance.now() + LOOK_MS > deadlineMs) return text;
      await pause(LOOK_MS);
    }
  }

  /** Ends the script; it may be started again. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#process?.stop();
  }

  /** Starts it anew from its file. */
  async restart(): Promise<void> {
    const wasRunning = this.#process !== undefined;
    await this.stop();
    if (wasRunning && !this.isAutostart) this.use();
  }

  /** Ends the script for ever. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.stop();
  }

  #start(word: 'start' | 'autostart'): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#ports.print(`session ${this.name} ${word} ${this.moduleName}`);
    this.#startedVersion = this.#script.version;
    this.#startedAtMs = Date.now();
    this.#starts += 1;
    const startedMs = performance.now();
    const process = this.#ports.start(this.#script, this.moduleName);
    this.#process = process;
    void process.over.then((how) => this.#ended(how, startedMs, process.wasStopped));
  }

  #ended(how: string, startedMs: number, wasStopped: boolean): void {
    this.#process = undefined;
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#ports.print(`session ${this.name} stopped${wasStopped ? '' : `, ${how}`}`);
    if (wasStopped || performance.now() - startedMs > STEADY_MS) this.#pauseMs = FIRST_PAUSE_MS;
    const pauseMs = wasStopped ? 0 : this.#pauseMs;
    if (!wasStopped) this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    this.#notBeforeMs = performance.now() + pauseMs;
    if (this.isAutostart) this.#timer = setTimeout(() => this.#start('autostart'), pauseMs);
  }

  #keepAlive(): void {
    const { keepAliveMs } = this.#ports;
    if (keepAliveMs === undefined || this.isAutostart || this.#process === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#ports.print(`session ${this.name} autokill`);
      void this.stop();
    }, keepAliveMs);
  }
}
