import { mkdtempSync, rmSync, watch, type FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existingSafeDirectory } from '../fuse/safe-directory.ts';
import { scriptsIn, type ScriptFile } from './script-directory.ts';
import { ScriptProcess } from './script-process.ts';
import { ScriptRelay } from './script-relay.ts';
import { ScriptSession, type SessionPorts } from './script-session.ts';
import { ScriptWatchdog } from './script-watchdog.ts';

/** The file whose text is published. */
const TEXT_FILE = '__prometheus';
/** How often the directory is looked at, whatever the kernel tells about it. */
const LOOK_MS = 5000;
/** Changes that come together are one. */
const SETTLE_MS = 200;
/** Files of the original that are there without a directory of ours. */
const KERNEL_ROOT = '/proc/systemtap';

/** What an exporter is started with. */
export interface ExporterOptions {
  /** Directory of the scripts, absolute. */
  readonly directory: string;
  /** Milliseconds without a request after which a script is ended; undefined: never. */
  readonly keepAliveMs: number | undefined;
  /** Where modules' directories may be; the first is that of our own scripts. */
  readonly roots: readonly string[];
  /** Environment of the scripts. */
  readonly environment: NodeJS.ProcessEnv;
  /** The program that runs scripts which are no programs themselves. */
  readonly stap: string;
  /** Prints a line for the user; text, not a byte string. */
  readonly print: (line: string) => void;
  /** Passes a line of a script on; `line` is a byte string. */
  readonly log: (script: string, line: string) => void;
  /** Warns of something that is wrong with the directory. */
  readonly warn: (text: string) => void;
}

/** The scripts of a directory, those that run and those that wait to be asked for. */
export class Exporter {
  readonly #options: ExporterOptions;
  readonly #sessions = new Map<string, ScriptSession>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #folder: string;
  readonly #watchdog: ScriptWatchdog;
  #lastId = 0;
  #looking: Promise<void> | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  #lastComplaint = '';
  #isClosed = false;
  #tellOpen: () => void = () => undefined;
  readonly #opened = new Promise<void>((resolve) => (this.#tellOpen = resolve));

  /** Nothing is started yet; a folder for what modules leave behind is made. */
  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#folder = mkdtempSync(join(tmpdir(), 'stap-exporter-'));
    this.#watchdog = new ScriptWatchdog(this.#folder);
  }

  /** Resolves when the directory has been read. */
  get opened(): Promise<void> {
    return this.#opened;
  }

  /** In the order in which they were found. */
  get sessions(): readonly ScriptSession[] {
    return [...this.#sessions.values()];
  }

  session(name: string): ScriptSession | undefined {
    return this.#sessions.get(name);
  }

  /** Finds the scripts and follows the directory from now on. @throws {ScriptDirectoryError} */
  async open(): Promise<void> {
    this.#accept(await scriptsIn(this.#options.directory));
    this.#lookTimer = setInterval(() => void this.look(), LOOK_MS);
    this.#watch();
    this.#tellOpen();
  }

  /** Looks at the directory: scripts that are new are there from now on, those that have gone are ended. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks at the directory, and runs scripts that were changed meanwhile from their new text. */
  async reload(): Promise<void> {
    await this.#looking;
    await this.look();
    const outdated = this.sessions.filter(({ isOutdated }) => isOutdated);
    await Promise.all(outdated.map((session) => session.restart()));
  }

  /** Ends all scripts and removes what they left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#lookTimer);
    clearTimeout(this.#settleTimer);
    this.#watcher?.close();
    await Promise.all([...this.sessions.map((session) => this.#leave(session)), ...this.#leaving]);
    rmSync(this.#folder, { recursive: true, force: true });
    await this.#watchdog.dismiss();
  }

  async #look(): Promise<void> {
    try {
      const scripts = await scriptsIn(this.#options.directory);
      this.#lastComplaint = '';
      this.#accept(scripts);
      if (this.#watcher === undefined) this.#watch();
    } catch (error) {
      const { message } = error as Error;
      // What runs goes on: a directory that is exchanged is not there for a moment.
      if (message !== this.#lastComplaint) this.#options.warn(`${message}; the scripts stay as they are`);
      this.#lastComplaint = message;
    }
  }

  #accept(scripts: readonly ScriptFile[]): void {
    if (this.#isClosed) return;
    const names = new Set(scripts.map(({ name }) => name));
    for (const session of this.sessions) if (!names.has(session.name)) void this.#leave(session);
    for (const script of scripts) {
      const known = this.#sessions.get(script.name);
      if (known !== undefined) known.update(script);
      else this.#sessions.set(script.name, this.#made(script));
    }
  }

  #made(script: ScriptFile): ScriptSession {
    this.#lastId += 1;
    const ports: SessionPorts = {
      print: this.#options.print,
      keepAliveMs: this.#options.keepAliveMs,
      start: (current, moduleName) => this.#start(current, moduleName),
      textPaths: (moduleName) => this.#textPaths(moduleName),
    };
    return new ScriptSession(script, `__stap_exporter_${process.pid}_${this.#lastId}`, ports);
  }

  #leave(session: ScriptSession): Promise<void> {
    this.#sessions.delete(session.name);
    const left = session.close().then(() => {
      this.#options.print(`session ${session.name} shut down`);
      this.#leaving.delete(left);
    });
    this.#leaving.add(left);
    return left;
  }

  #start({ name, path, isProgram }: ScriptFile, moduleName: string): ScriptProcess {
    const { stap, environment, log } = this.#options;
    const words = isProgram ? [path, '-m', moduleName] : [stap, '-m', moduleName, path];
    const relay = new ScriptRelay((line) => log(name, line));
    return new ScriptProcess({ words, environment, folder: this.#folder }, relay, this.#watchdog);
  }

  /** Not where other users could put a file. */
  #textPaths(moduleName: string): readonly string[] {
    const roots = this.#options.roots.flatMap((root) => existingSafeDirectory(root) ?? []);
    return [KERNEL_ROOT, ...roots].map((root) => `${root}/${moduleName}/${TEXT_FILE}`);
  }

  /** Where the kernel cannot tell of changes, they are seen all the same, a little later. */
  #watch(): void {
    try {
      this.#watcher = watch(this.#options.directory, { persistent: false }, () => {
        clearTimeout(this.#settleTimer);
        this.#settleTimer = setTimeout(() => void this.look(), SETTLE_MS);
      });
      this.#watcher.on('error', () => this.#forgetWatcher());
    } catch {
      this.#forgetWatcher();
    }
  }

  #forgetWatcher(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
