import type { Route, WebAnswer } from '../web/route.ts';
import type { Exporter } from './exporter.ts';
import type { JoinedMetrics } from './joined-metrics.ts';
import type { ScriptText } from './read-script-text.ts';
import type { ScriptSession } from './script-session.ts';

const PLAIN = { 'Content-Type': 'text/plain' };
const UTF8 = { 'Content-Type': 'text/plain; charset=utf-8' };
const METRICS = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' };
const RETRY_SECONDS = 10;
const MISSING =
  '[Error] Unable to find procfs files under search paths. Try again once the script has created the procfs files.';

/** What stap-exporter(8) answers; `startWaitMs`: how long the first request to a script may wait for its file. */
export function exporterRoutes(
  exporter: Exporter,
  metrics: JoinedMetrics,
  startWaitMs: number,
): readonly Route[] {
  const script = async (name: string): Promise<WebAnswer> => {
    await exporter.opened;
    const session = exporter.session(name);
    if (session === undefined) return { status: 404, headers: PLAIN, body: 'script not found' };
    session.use();
    return scriptAnswer(await session.readWhenThere(startWaitMs));
  };
  return [
    {
      method: 'GET',
      path: '/',
      access: 'token',
      answer: () => ({ status: 200, headers: UTF8, body: listText(exporter.sessions) }),
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'token',
      answer: async () => ({
        status: 200,
        headers: METRICS,
        body: await metrics.text(exporter.sessions),
      }),
    },
    {
      method: 'GET',
      path: '/healthz',
      access: 'everybody',
      answer: () => ({ status: 200, headers: UTF8, body: 'ok\n' }),
    },
    {
      method: 'GET',
      path: '/:name{.+}',
      access: 'token',
      answer: (request) => script(request.parameter('name')),
    },
  ];
}

function scriptAnswer(text: ScriptText): WebAnswer {
  switch (text.kind) {
    case 'text':
      return { status: 200, headers: PLAIN, body: text.bytes };
    case 'missing':
      return unavailable(MISSING);
    case 'failed':
      return unavailable(text.reason);
  }
}

function unavailable(reason: string): WebAnswer {
  return {
    status: 503,
    headers: { ...PLAIN, 'Retry-After': String(RETRY_SECONDS) },
    body: `cannot read script output, try again later, ${reason}`,
  };
}

function listText(sessions: readonly ScriptSession[]): string {
  const lines = sessions.map(({ name, isRunning, isAutostart }) => {
    const state = isRunning
      ? 'running'
      : isAutostart
        ? 'waiting to be started again'
        : 'started when asked for';
    return `/${encodeURIComponent(name)}  ${state}\n`;
  });
  return ['/metrics  all running scripts\n', ...lines].join('');
}
