import { WebProblem, type Route } from '../web/route.ts';
import { startWebServer, type WebServer } from '../web/web-server.ts';
import type { MetricsServerOptions, MetricsText } from './dashboard-options.ts';

/**
 * Starts a server with /metrics and /healthz alone.
 * @throws {ListenError}
 */
export function startMetricsServer(options: MetricsServerOptions): Promise<WebServer> {
  const { address, token, metricsText, isHealthy, limits = {}, onFault } = options;
  return startWebServer({
    address,
    token,
    routes: metricsRoutes(metricsText, isHealthy),
    limits,
    onFault,
  });
}

/** /metrics and /healthz. */
export function metricsRoutes(metricsText: MetricsText, isHealthy: () => Promise<boolean>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      access: 'token',
      async answer(request) {
        const { contentType, text } = await metricsText(request.header('accept'));
        return { status: 200, headers: { 'Content-Type': contentType }, body: text };
      },
    },
    {
      method: 'GET',
      path: '/healthz',
      access: 'everybody',
      async answer() {
        if (!(await isHealthy())) throw new WebProblem(503, 'no-answer', 'The module does not answer');
        return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: 'ok\n' };
      },
    },
  ];
}
