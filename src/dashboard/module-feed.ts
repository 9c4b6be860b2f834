import type { ModuleDescription } from '../control/protocol.ts';
import { textOfBytes } from '../monitor/byte-text.ts';
import type { ModuleObserver } from '../observe/module-observer.ts';
import type { ListedModule } from '../registry/module-list.ts';
import type { EventStream } from '../web/event-stream.ts';
import { WebProblem } from '../web/route.ts';
import type { ApiEvents, ApiOutputLine } from './api.ts';
import { apiModuleState } from './api-module.ts';
import { askingProblem } from './asking-problem.ts';
import type { ModuleFiles } from './module-files.ts';
import { OutputMemory } from './output-memory.ts';

/** States and files are asked for that often, for all who watch. */
const WATCH_MS = 1000;
/** Several reads of a state within that time share an answer. */
export const STATE_AGE_MS = 50;
/** Output is told in batches. */
const OUTPUT_MS = 50;
/** Lines of one event. */
const BATCH_LINES = 500;

/** Who is told about a module. */
interface Watcher {
  readonly stream: EventStream;
  readonly files: readonly string[];
  /** Id of the last line that was told. */
  lastLine: number;
}

/** One running module as the clients of the server see it: what it tells is asked once for all of them. */
export class ModuleFeed {
  /** As the registry showed it last; a module may move to another process. */
  listed: ListedModule;
  readonly observer: ModuleObserver;
  readonly #output: OutputMemory;
  readonly #files: ModuleFiles;
  readonly #watchers = new Set<Watcher>();
  readonly #fileEvents = new Map<string, string>();
  readonly #filesBeingRead = new Set<string>();
  readonly #stopListening: () => void;
  readonly #onEnded: () => void;
  #timer: NodeJS.Timeout | undefined;
  #outputTimer: NodeJS.Timeout | undefined;
  #lastState = '';
  #isAsking = false;

  constructor(
    listed: ListedModule,
    observer: ModuleObserver,
    files: ModuleFiles,
    nextLine: () => number,
    onEnded: () => void,
  ) {
    this.listed = listed;
    this.observer = observer;
    this.#files = files;
    this.#output = new OutputMemory(nextLine);
    this.#onEnded = onEnded;
    this.#stopListening = observer.listen({
      output: (stream, text, timeMs) => {
        this.#output.add(stream, text, timeMs);
        this.#outputTimer ??= setTimeout(() => this.#tellOutput(), OUTPUT_MS);
      },
      outputMissed: (bytes) => {
        this.#output.addNote(`(${bytes} bytes of output are not shown)`, Date.now());
        this.#outputTimer ??= setTimeout(() => this.#tellOutput(), OUTPUT_MS);
      },
      reloaded: () => {
        this.#fileEvents.clear();
        this.#tellAll('reloaded', {});
      },
      ended: (last) => this.#ended(last),
    });
  }

  /** What is remembered of the output after a line. */
  output(afterId: number): readonly ApiOutputLine[] {
    return this.#output.after(afterId);
  }

  /** The state, at most `maxAgeMs` old. @throws {WebProblem} */
  async describe(maxAgeMs = STATE_AGE_MS): Promise<ModuleDescription> {
    try {
      return await this.observer.describe(maxAgeMs);
    } catch (error) {
      throw askingProblem(error);
    }
  }

  /** Tells a stream all about the module until one of both ends; `files` are the paths to be watched. */
  watch(stream: EventStream, files: readonly string[], lastLine: number): void {
    const watcher: Watcher = { stream, files, lastLine };
    this.#watchers.add(watcher);
    stream.onClosed(() => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#rest();
    });
    this.#tellOutputTo(watcher);
    this.#lastState = '';
    for (const path of files) {
      const known = this.#fileEvents.get(path);
      if (known !== undefined) stream.send('file', known);
    }
    this.#timer ??= setInterval(() => this.#look(), WATCH_MS);
    this.#look();
  }

  /** Lets go of the module. */
  close(): void {
    this.#rest();
    clearTimeout(this.#outputTimer);
    this.#stopListening();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#fileEvents.clear();
  }

  #look(): void {
    void this.#tellState();
    const watched = new Set([...this.#watchers].flatMap(({ files }) => files));
    // What nobody watches any more need not be kept; each may be long.
    for (const path of this.#fileEvents.keys()) if (!watched.has(path)) this.#fileEvents.delete(path);
    for (const path of watched) void this.#tellFile(path);
  }

  async #tellState(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      this.#sendState(await this.observer.describe(WATCH_MS / 2));
    } catch {
      // Between two processes, or at its end, which is told otherwise.
    } finally {
      this.#isAsking = false;
    }
  }

  #sendState(description: ModuleDescription): void {
    const state = JSON.stringify(apiModuleState(this.listed, description));
    if (state === this.#lastState) return;
    this.#lastState = state;
    for (const { stream } of this.#watchers) stream.send('state', state);
  }

  async #tellFile(path: string): Promise<void> {
    if (this.#filesBeingRead.has(path)) return;
    this.#filesBeingRead.add(path);
    const event = JSON.stringify(await this.#fileEvent(path));
    this.#filesBeingRead.delete(path);
    const watchers = [...this.#watchers].filter(({ files }) => files.includes(path));
    if (watchers.length === 0 || this.#fileEvents.get(path) === event) return;
    this.#fileEvents.set(path, event);
    for (const { stream } of watchers) stream.send('file', event);
  }

  async #fileEvent(path: string): Promise<ApiEvents['file']> {
    try {
      const content = await this.readFile(path);
      return { path, text: textOfBytes(content.toString('latin1')) };
    } catch (error) {
      return { path, error: error instanceof WebProblem ? error.message : 'The file cannot be read' };
    }
  }

  /** The content of a file of the module, by its path as text. @throws {WebProblem} */
  async readFile(path: string): Promise<Buffer> {
    return this.#files.read(this.listed, await this.#listedPath(path));
  }

  /** Writes to a file of the module, by its path as text. @throws {WebProblem} */
  async writeFile(path: string, content: Buffer): Promise<void> {
    await this.#files.write(this.listed, await this.#listedPath(path), content);
  }

  /** Nothing but what the module itself lists is ever opened. */
  async #listedPath(path: string): Promise<string> {
    const find = ({ files }: ModuleDescription): string | undefined =>
      files.find((file) => textOfBytes(file.path) === path)?.path;
    const found = find(await this.describe(WATCH_MS)) ?? find(await this.describe());
    if (found === undefined) throw new WebProblem(404, 'not-found', 'The module has no such file');
    return found;
  }

  #tellOutput(): void {
    this.#outputTimer = undefined;
    const watchers = [...this.#watchers];
    const oldest = Math.min(...watchers.map(({ lastLine }) => lastLine));
    const [first] = watchers;
    if (first === undefined) return;
    if (watchers.every(({ lastLine }) => lastLine === first.lastLine)) {
      // Nearly always: one text for all.
      sendLines(watchers, this.#output.after(oldest));
    } else {
      for (const watcher of watchers) this.#tellOutputTo(watcher);
    }
  }

  #tellOutputTo(watcher: Watcher): void {
    sendLines([watcher], this.#output.after(watcher.lastLine));
  }

  #ended(last: ModuleDescription | undefined): void {
    this.#output.end(Date.now());
    this.#tellOutput();
    if (last !== undefined) this.#sendState(last);
    this.#tellAll('ended', {});
    this.close();
    this.#watchers.clear();
    this.#onEnded();
  }

  #tellAll(event: keyof ApiEvents, data: object): void {
    const text = JSON.stringify(data);
    for (const { stream } of this.#watchers) stream.send(event, text);
  }
}

function sendLines(watchers: readonly Watcher[], lines: readonly ApiOutputLine[]): void {
  for (let from = 0; from < lines.length; from += BATCH_LINES) {
    const batch = lines.slice(from, from + BATCH_LINES);
    const last = batch.at(-1)?.id ?? 0;
    const text = JSON.stringify(batch);
    for (const watcher of watchers) {
      watcher.stream.send('output', text, last);
      watcher.lastLine = last;
    }
  }
}
