import { ListenError } from '../web/listen-error.ts';
import { startWebServer, type WebServer } from '../web/web-server.ts';
import { apiRoutes } from './api-routes.ts';
import type { DashboardOptions } from './dashboard-options.ts';
import { ModuleFeeds } from './module-feeds.ts';
import { isHealthy } from './module-health.ts';
import { pageRoutes } from './page-routes.ts';
import { metricsRoutes } from './start-metrics-server.ts';

/** A shorter token could be guessed. */
const MIN_TOKEN_LENGTH = 16;

/**
 * Starts the server of the page, its API, /metrics and /healthz.
 * @throws {ListenError} also for a token that is too short to protect anything
 */
export async function startDashboard(options: DashboardOptions): Promise<WebServer> {
  const { address, token, anyPort, limits = {}, onFault } = options;
  if (token.length < MIN_TOKEN_LENGTH)
    throw new ListenError('other', `A token needs at least ${MIN_TOKEN_LENGTH} characters`);
  const page = await pageRoutes(options.assetsDirectory);
  const feeds = new ModuleFeeds(options.modules, options.onlyModule);
  const routes = [
    ...apiRoutes(options, feeds),
    ...metricsRoutes(options.metricsText, () => isHealthy(options.modules, options.onlyModule)),
    ...page,
  ];
  const start = (port: number): Promise<WebServer> =>
    startWebServer({ address: { ...address, port }, token, routes, limits, onFault });
  let server: WebServer;
  try {
    server = await start(address.port).catch((error: unknown) => {
      if (anyPort && error instanceof ListenError && error.code === 'in-use') return start(0);
      throw error;
    });
  } catch (error) {
    feeds.close();
    throw error;
  }
  return {
    ...server,
    async close() {
      feeds.close();
      await server.close();
    },
  };
}
