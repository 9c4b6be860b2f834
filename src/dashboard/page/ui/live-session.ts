import type {
  ApiDiagnostic,
  ApiEvents,
  ApiHistory,
  ApiInfo,
  ApiModule,
  ApiModuleState,
  ApiSource,
} from '../../api.ts';
import { addFindings, type SourceFinding } from '../error-location.ts';
import type { StreamEvent } from '../event-stream-parser.ts';
import { namedNumbersIn } from '../file-view.ts';
import { OutputBuffer } from '../output-buffer.ts';
import { plottedValues, ValueHistory } from '../value-history.ts';
import { ApiFailure, modulePath, type ApiClient } from './api-client.ts';
import { readEvents } from './event-source.ts';

/** How the page and the server are connected. `refused`: the token is wrong. */
export type Connection = 'connecting' | 'live' | 'lost' | 'refused';

/** A file that was read. */
export interface FileContent {
  readonly text: string | undefined;
  readonly error: string | undefined;
  readonly readAtMs: number;
  /** Of its numbers. */
  readonly history: ValueHistory;
}

/** The server watches so many files for one stream. */
const MAX_LIVE_FILES = 16;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8000;
/** A live file is read once a second: one that was not told of for longer has not changed. */
const UNCHANGED_MS = 2500;
/** What happens in a second is told from states that are so far apart. */
const SHORTEST_INTERVAL_MS = 500;
/** Changes within this time are shown together; a page that takes long to be drawn is drawn less often. */
const NOTIFY_MS = 40;
const LONGEST_NOTIFY_MS = 1500;
/** Of the time, drawing may take one part in so many. */
const DRAWING_SHARE = 4;
/** A page that nobody sees gives its connection back after a while: browsers have few for each server. */
const HIDDEN_MS = 60_000;

/** What the server tells about one module, or about the list of them, kept up to date until `close`. */
export class LiveSession {
  readonly client: ApiClient;
  connection: Connection = 'connecting';
  info: ApiInfo | undefined;
  modules: readonly ApiModule[] = [];
  state: ApiModuleState | undefined;
  /** When `state` came, by the server's clock. */
  stateAtMs = 0;
  /** The state before, for what happens in a second. */
  before: { readonly state: ApiModuleState; readonly atMs: number } | undefined;
  hasEnded = false;
  isMissing = false;
  readonly output = new OutputBuffer();
  readonly history = new ValueHistory();
  readonly files = new Map<string, FileContent>();
  findings: readonly SourceFinding[] = [];
  /** `findings` begin with those of a script that was not taken. */
  isReloadRefused = false;
  sources: readonly ApiSource[] = [];
  private readonly wantedModule: string | undefined;
  private liveFiles: ReadonlySet<string> = new Set();
  private readonly listeners = new Set<() => void>();
  private notifyTimer: number | undefined;
  /** How long the page took to be drawn last. */
  private drawingMs = 0;
  private hiddenTimer: number | undefined;
  private lastId = '';
  private retryMs = FIRST_RETRY_MS;
  private stream = new AbortController();
  private wake: () => void = () => undefined;
  private isClosed = false;
  /** Milliseconds that the server's clock is ahead. */
  private clockAheadMs = 0;

  /** `before`: the session that is left for this one, at the same server. */
  constructor(client: ApiClient, wantedModule: string | undefined, before?: LiveSession) {
    this.client = client;
    this.wantedModule = wantedModule;
    this.info = before?.info;
    this.modules = before?.modules ?? [];
    this.connection = before?.connection ?? 'connecting';
  }

  /** Connects. */
  open(): void {
    document.addEventListener('visibilitychange', this.onVisibility);
    addEventListener('online', this.retryNow);
    void this.run();
  }

  /** The module that is shown; undefined: only the list. */
  get moduleName(): string | undefined {
    return this.info?.module ?? this.wantedModule;
  }

  /** The server's time. */
  nowMs(): number {
    return Date.now() + this.clockAheadMs;
  }

  /** Calls the listener, some milliseconds late, when something changed; the returned function ends that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells all who look at this session. */
  notify(): void {
    const pauseMs = Math.min(Math.max(NOTIFY_MS, this.drawingMs * (DRAWING_SHARE - 1)), LONGEST_NOTIFY_MS);
    this.notifyTimer ??= setTimeout(() => {
      this.notifyTimer = undefined;
      const startMs = performance.now();
      for (const listener of this.listeners) listener();
      // Behind the next frame everything has been drawn.
      requestAnimationFrame(() => setTimeout(() => (this.drawingMs = performance.now() - startMs)));
    }, pauseMs);
  }

  /** Whether the file is read again and again. */
  isLive(path: string): boolean {
    return this.liveFiles.has(path);
  }

  /** Which files are read again and again; the stream is opened anew for that. */
  setLive(path: string, on: boolean): void {
    const others = [...this.liveFiles].filter((one) => one !== path);
    this.liveFiles = new Set(on ? [...others, path].slice(-MAX_LIVE_FILES) : others);
    this.notify();
    this.stream.abort();
    this.retryNow();
  }

  /** A file's text came, or why it did not. */
  setFile(path: string, text: string | undefined, error: string | undefined): void {
    const history = this.files.get(path)?.history ?? new ValueHistory();
    const readAtMs = this.nowMs();
    const values = text === undefined ? undefined : namedNumbersIn(text);
    if (values !== undefined) history.add(readAtMs, values);
    this.files.set(path, { text, error, readAtMs, history });
    this.notify();
  }

  /** What a reload found wrong with the script, or nothing; what was known before belongs to the old script. */
  setDiagnostics(diagnostics: readonly ApiDiagnostic[]): void {
    this.isReloadRefused = diagnostics.length > 0;
    this.findings = diagnostics.flatMap(({ severity, message, file, line, column }) =>
      line === undefined ? [] : [{ severity, message, file: file ?? '', line, column, count: 1 }],
    );
    this.notify();
  }

  /** Asks for the state, when something was changed: the stream tells it up to a second later. */
  async refresh(): Promise<void> {
    if (this.moduleName === undefined || this.hasEnded) return;
    const state = await this.client.json<ApiModuleState>(modulePath(this.moduleName)).catch(() => undefined);
    if (state === undefined) return;
    this.receiveState(state);
    this.notify();
  }

  /** Asks for the script's source. @throws {ApiFailure} */
  async loadSources(): Promise<void> {
    if (this.moduleName === undefined) return;
    this.sources = await this.client.json<ApiSource[]>(modulePath(this.moduleName, 'source'));
    this.notify();
  }

  /** Tries now to connect, when it is waiting for that. */
  readonly retryNow = (): void => {
    this.retryMs = FIRST_RETRY_MS;
    this.wake();
  };

  /** Ends the connection. */
  close(): void {
    this.isClosed = true;
    document.removeEventListener('visibilitychange', this.onVisibility);
    removeEventListener('online', this.retryNow);
    clearTimeout(this.hiddenTimer);
    this.stream.abort();
    this.wake();
  }

  private readonly onVisibility = (): void => {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) this.hiddenTimer = setTimeout(() => this.stream.abort(), HIDDEN_MS);
    else this.retryNow();
  };

  private get isAsleep(): boolean {
    return document.hidden && this.connection !== 'connecting' && this.stream.signal.aborted;
  }

  private isOver(): boolean {
    return this.isClosed || this.connection === 'refused';
  }

  private async run(): Promise<void> {
    while (!this.isOver()) {
      this.stream = new AbortController();
      const { signal } = this.stream;
      try {
        await this.connect(signal);
        if (!signal.aborted) this.setConnection('lost');
      } catch (error) {
        const isRefused = error instanceof ApiFailure && error.status === 401;
        if (!signal.aborted) this.setConnection(isRefused ? 'refused' : 'lost');
      }
      if (this.isOver()) return;
      if (signal.aborted && !this.isAsleep) continue;
      await this.pause(this.isAsleep ? Infinity : this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async connect(signal: AbortSignal): Promise<void> {
    const response = await this.client.fetch('', { signal });
    const serverMs = Date.parse(response.headers.get('Date') ?? '');
    // The header has whole seconds.
    this.clockAheadMs = Math.abs(serverMs - Date.now()) > 2000 ? serverMs - Date.now() : 0;
    this.info = (await response.json()) as ApiInfo;
    const name = this.moduleName;
    const query = new URLSearchParams(name === undefined ? [] : [['module', name]]);
    for (const path of this.liveFiles) query.append('file', path);
    const search = query.size === 0 ? '' : `?${query.toString()}`;
    if (name !== undefined) await this.loadHistory(name, signal);
    await readEvents(this.client, `/events${search}`, this.lastId, signal, (event) => this.receive(event));
  }

  /** A module that is not there may come: then the stream tells of it. */
  private async loadHistory(name: string, signal: AbortSignal): Promise<void> {
    try {
      this.history.replace(await this.client.json<ApiHistory>(modulePath(name, 'history'), { signal }));
    } catch (error) {
      if (!(error instanceof ApiFailure) || ![403, 404, 410, 503].includes(error.status)) throw error;
      this.hasEnded = error.status === 410;
      this.isMissing = error.status === 404 || error.status === 403;
    }
  }

  private setConnection(connection: Connection): void {
    this.connection = connection;
    this.notify();
  }

  private receive({ name, data, lastId }: StreamEvent): void {
    if (this.connection !== 'live') this.setConnection('live');
    this.retryMs = FIRST_RETRY_MS;
    if (lastId !== '') this.lastId = lastId;
    const content: unknown = JSON.parse(data);
    switch (name as keyof ApiEvents) {
      case 'modules':
        this.modules = content as ApiEvents['modules'];
        break;
      case 'state':
        this.receiveState(content as ApiModuleState);
        break;
      case 'output':
        this.receiveOutput(content as ApiEvents['output']);
        break;
      case 'file': {
        const file = content as ApiEvents['file'];
        this.setFile(
          file.path,
          'text' in file ? file.text : undefined,
          'error' in file ? file.error : undefined,
        );
        break;
      }
      case 'reloaded':
        this.setDiagnostics([]);
        void this.loadSources().catch(() => undefined);
        break;
      case 'ended':
        this.hasEnded = true;
        break;
    }
    this.notify();
  }

  private receiveState(state: ApiModuleState): void {
    const isSame = this.state?.pid === state.pid && this.state.startedAtMs === state.startedAtMs;
    if (!isSame) this.before = undefined;
    else if (this.state !== undefined && this.nowMs() - this.stateAtMs > SHORTEST_INTERVAL_MS)
      this.before = { state: this.state, atMs: this.stateAtMs };
    this.state = state;
    this.stateAtMs = this.nowMs();
    this.hasEnded = false;
    this.isMissing = false;
    this.history.add(this.stateAtMs, plottedValues(state.globals));
    this.prolongPlots();
    if (this.sources.length === 0 || !isSame) void this.loadSources().catch(() => undefined);
  }

  /** The stream tells of a file when its text changed; until then a plot goes on with what it shows. */
  private prolongPlots(): void {
    for (const path of this.liveFiles) {
      const { text, readAtMs = 0, history } = this.files.get(path) ?? {};
      const isUnchanged = this.nowMs() - readAtMs > UNCHANGED_MS;
      const values = isUnchanged && text !== undefined ? namedNumbersIn(text) : undefined;
      if (values !== undefined) history?.add(this.nowMs(), values);
    }
  }

  private receiveOutput(lines: ApiEvents['output']): void {
    const fresh = this.output.add(lines);
    const errors = fresh.filter(({ stream }) => stream === 'err').map(({ text }) => text);
    if (errors.length > 0) this.findings = addFindings(this.findings, errors);
  }
}
