import { Agent, get, type ClientRequest } from 'node:http';
import type { ApiModule, ApiOutputLine } from '../../src/dashboard/api.ts';
import { makeRoot, RunningStap, until, type StapRun } from './running-stap.ts';

/** A script with a dashboard. */
export interface ServedDashboard {
  readonly stap: RunningStap;
  /** With a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Of --metrics, where that was asked for. */
  readonly metricsUrl: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const ADDRESS = /^dashboard: (http:\S+\/)#token=(\S+)$/m;

/** Starts a script with a dashboard on a free port; resolves when the API shows the module as running. */
export async function serveDashboard(
  run: StapRun,
  register: (stap: RunningStap) => unknown,
): Promise<ServedDashboard> {
  const root = run.root ?? makeRoot();
  const stap = new RunningStap({
    ...run,
    root,
    options: ['--dashboard=127.0.0.1:0', ...(run.options ?? [])],
    // The serving process is found by it.
    env: { STAP_TEST_ROOT: root, ...run.env },
  });
  register(stap);
  await until('where it serves', () => ADDRESS.test(stap.stderr()) || stap.isOver, 15_000);
  const [, url = '', token = ''] = ADDRESS.exec(stap.stderr()) ?? [];
  if (url === '') throw new Error(`stap ended early: ${stap.stderr()}`);
  const metricsUrl = /^metrics: (http:\S+)$/m.exec(stap.stderr())?.[1];
  const headers = { Authorization: `Bearer ${token}` };
  const port = Number(new URL(url).port);
  let isRunning = false;
  const deadlineMs = performance.now() + 10_000;
  while (!isRunning) {
    if (performance.now() > deadlineMs) throw new Error(`the module is not served: ${stap.stderr()}`);
    const answer = await fetch(`${url}api/v1/modules`, { headers });
    isRunning = ((await answer.json()) as ApiModule[]).some(({ state }) => state === 'running');
  }
  return { stap, url, port, token, metricsUrl, headers };
}

/** A client of the stream of events that reads as fast as events come, and keeps the lines of output. */
export class EventReader {
  readonly lines: ApiOutputLine[] = [];
  /** How often each event came. */
  readonly counts = new Map<string, number>();
  isClosed = false;
  readonly #request: ClientRequest;

  /** `query` with its question mark. */
  constructor({ url, headers }: ServedDashboard, query: string) {
    let text = '';
    this.#request = get(`${url}api/v1/events${query}`, { headers, agent: new Agent() }, (answer) => {
      if (answer.statusCode !== 200) this.#request.destroy();
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        const parts = (text + piece).split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) this.#take(part);
      });
      answer.on('error', () => undefined);
      answer.on('close', () => (this.isClosed = true));
    });
    this.#request.on('error', () => (this.isClosed = true));
  }

  /** Whether a line has come. */
  hasLine(text: string): boolean {
    return this.lines.findLast((line) => line.text === text) !== undefined;
  }

  leave(): void {
    this.#request.destroy();
  }

  #take(part: string): void {
    const event = /^event: (.*)$/m.exec(part)?.[1];
    if (event === undefined) return;
    this.counts.set(event, (this.counts.get(event) ?? 0) + 1);
    if (event !== 'output') return;
    this.lines.push(...(JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? '[]') as ApiOutputLine[]));
  }
}
