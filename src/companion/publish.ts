import type {
  CompileScript,
  DashboardOptions,
  MetricsText,
  ServedModules,
} from '../dashboard/dashboard-options.ts';
import { isHealthy } from '../dashboard/module-health.ts';
import { startDashboard } from '../dashboard/start-dashboard.ts';
import { startMetricsServer } from '../dashboard/start-metrics-server.ts';
import { ListenError } from '../web/listen-error.ts';
import { randomToken, TokenFileError, tokenOfFile } from '../web/token-file.ts';
import type { WebServer } from '../web/web-server.ts';
import type { CompanionRequest } from './companion-channel.ts';

/** What the servers answer from. */
export interface PublishedFacts {
  readonly version: string;
  readonly modules: ServedModules;
  readonly metricsText: MetricsText;
  readonly compileScript: CompileScript;
  /** Told about faults of a server. */
  readonly onFault: (error: unknown) => void;
}

/** What is being served. */
export interface Published {
  /** For the user: where. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** What was asked for cannot be served. `message` is a sentence that names the option and the remedy. */
export class PublishingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PublishingError';
  }
}

/**
 * Starts the servers of --metrics and --dashboard; when one cannot, none is left.
 * @throws {PublishingError}
 */
export async function publish(request: CompanionRequest, facts: PublishedFacts): Promise<Published> {
  const token = givenToken(request);
  const servers: WebServer[] = [];
  const lines: string[] = [];
  try {
    if (request.metrics !== undefined) {
      const server = await metricsServer(request.metrics, token, request, facts);
      servers.push(server);
      lines.push(`metrics: ${server.url}metrics`);
    }
    if (request.dashboard !== undefined) {
      const known = token ?? randomToken();
      const server = await dashboardServer(request, request.dashboard, known, facts);
      servers.push(server);
      lines.push(`dashboard: ${server.url}#token=${inFragment(known)}`);
    }
  } catch (error) {
    await closeAll(servers);
    throw error;
  }
  return { lines, close: () => closeAll(servers) };
}

/** A token of a file may have any characters; most need no other form in an address. */
function inFragment(token: string): string {
  return token.replace(/[^\w.~+/=-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

function givenToken({ tokenFile }: CompanionRequest): string | undefined {
  if (tokenFile === undefined) return undefined;
  try {
    return tokenOfFile(tokenFile);
  } catch (error) {
    if (error instanceof TokenFileError) throw new PublishingError(`--token-file: ${error.message}`);
    throw error;
  }
}

function metricsServer(
  address: NonNullable<CompanionRequest['metrics']>,
  token: string | undefined,
  { module }: CompanionRequest,
  { metricsText, modules, onFault }: PublishedFacts,
): Promise<WebServer> {
  return listening(
    '--metrics',
    startMetricsServer({
      address,
      token,
      metricsText,
      isHealthy: () => isHealthy(modules, module?.name),
      onFault,
    }),
  );
}

function dashboardServer(
  { readOnly, module, directory }: CompanionRequest,
  { anyPort, ...address }: NonNullable<CompanionRequest['dashboard']>,
  token: string,
  facts: PublishedFacts,
): Promise<WebServer> {
  const options: DashboardOptions = {
    ...facts,
    address,
    anyPort,
    token,
    readOnly,
    onlyModule: module?.name,
    assetsDirectory: `${directory}/dist/dashboard`,
  };
  return listening('--dashboard', startDashboard(options));
}

/** @throws {PublishingError} */
async function listening(option: string, starting: Promise<WebServer>): Promise<WebServer> {
  try {
    return await starting;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    throw new PublishingError(`${option}: ${error.message}. ${remedy(option, error)}`);
  }
}

function remedy(option: string, { code }: ListenError): string {
  switch (code) {
    case 'in-use':
      return `Choose another port, as in ${option}=127.0.0.1:9911; 0 takes any that is free.`;
    case 'denied':
      return 'Choose a port above 1023.';
    case 'no-such-address':
    case 'other':
      return `Choose another address, as in ${option}=127.0.0.1:9901.`;
  }
}

async function closeAll(servers: readonly WebServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()));
}
