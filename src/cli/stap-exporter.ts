import { resolve } from 'node:path';
import { automaticMetrics } from '../exporter/automatic-metrics.ts';
import { exporterRoutes } from '../exporter/exporter-routes.ts';
import { Exporter } from '../exporter/exporter.ts';
import { JoinedMetrics } from '../exporter/joined-metrics.ts';
import { LineWriter } from '../exporter/line-writer.ts';
import { ScriptDirectoryError } from '../exporter/script-directory.ts';
import { textOfBytes } from '../monitor/byte-text.ts';
import { moduleRoot } from '../session/files/module-root.ts';
import { workingDirectory } from '../session/ports/working-directory.ts';
import { ListenError } from '../web/listen-error.ts';
import { TokenFileError, tokenOfFile } from '../web/token-file.ts';
import { startWebServer, type WebServer } from '../web/web-server.ts';
import { cleanRoot } from './clean-root.ts';
import { shownText } from './shown-text.ts';
import { exporterHelp, parseExporterWords, type ExporterSettings } from './stap-exporter-options.ts';
import type { ProgramFacts } from './stap.ts';

/** Where SystemTap's own modules have their files. */
const KERNEL_ROOT = '/proc/systemtap';
const FIFO_ROOT = '/var/tmp/systemtap-root';
const LAST_WORDS_MS = 500;

interface Log {
  readonly out: LineWriter;
  readonly error: LineWriter;
}

/** The command stap-exporter(8). Resolves to the exit status. */
export async function stapExporter(words: readonly string[], program: ProgramFacts): Promise<number> {
  const log: Log = { out: new LineWriter(1), error: new LineWriter(2) };
  const line = parseExporterWords(words);
  let status = 0;
  switch (line.kind) {
    case 'help':
      log.out.print(exporterHelp().trimEnd());
      break;
    case 'version':
      log.out.print(`stap-exporter (stap-ts) ${program.version}`);
      break;
    case 'error':
      log.error.print(`${line.message}\nTry 'stap-exporter --help' for more information.`);
      status = 1;
      break;
    case 'serve':
      status = await serve(line.settings, program, log);
  }
  await Promise.all([log.out.flush(LAST_WORDS_MS), log.error.flush(LAST_WORDS_MS)]);
  return status;
}

async function serve(settings: ExporterSettings, program: ProgramFacts, log: Log): Promise<number> {
  const own = moduleRoot(settings.procfsRoot, process.env, process.getuid?.() ?? 0, workingDirectory());
  await cleanRoot(own);
  const warn = (text: string): void => log.error.print(`stap-exporter: WARNING: ${text}`);
  const roots = [...new Set([FIFO_ROOT, own])];
  const exporter = new Exporter({
    directory: resolve(settings.directory),
    keepAliveMs: milliseconds(settings.keepAliveSeconds),
    roots,
    environment: scriptEnvironment(settings, program, own),
    stap: `${program.directory}/stap`,
    print: (text) => log.out.print(text),
    log: (script, text) => log.error.print(`${script}: ${textOfBytes(shownText(text))}`),
    warn,
  });
  let server: WebServer | undefined;
  try {
    const stopped = stopSignal(exporter);
    // First of all: a port that is taken ends everything before a script has run.
    server = await listen(settings, exporter, new JoinedMetrics(automaticMetrics(roots, warn), warn), warn);
    log.out.print(
      `searching script directory ${settings.directory}, keepalive ${settings.keepAliveSeconds ?? 0}`,
    );
    await exporter.open();
    log.out.print(`listening on port ${server.port}`);
    log.out.print(`procfs files will be searched under: ${[KERNEL_ROOT, ...roots].join(' and ')}`);
    await stopped;
    return 0;
  } catch (error) {
    if (!isExpected(error)) throw error;
    log.error.print(`stap-exporter: ERROR: ${error.message}${remedy(error)}`);
    return 1;
  } finally {
    await Promise.all([server?.close(), exporter.close()]);
    await cleanRoot(own);
  }
}

function listen(
  settings: ExporterSettings,
  exporter: Exporter,
  metrics: JoinedMetrics,
  warn: (text: string) => void,
): Promise<WebServer> {
  const { host, port, tokenFile, startWaitSeconds } = settings;
  return startWebServer({
    address: { host, port },
    // Whom others reach, they reach by names that are not known here.
    isAnyHost: !isLoopback(host),
    token: tokenFile === undefined ? undefined : tokenOfFile(tokenFile),
    routes: exporterRoutes(exporter, metrics, startWaitSeconds * 1000),
    onFault: (error) => warn(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
}

/** Wrappers find this program's stap, whatever else is installed, and files appear where they are looked for. */
function scriptEnvironment(
  { procfsRoot }: ExporterSettings,
  { directory }: ProgramFacts,
  own: string,
): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${directory}:${process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
    ...(procfsRoot !== undefined && { STAP_PROCFS_ROOT: own }),
  };
}

/** Resolves at a signal that ends the exporter; another one is for looking at the directory anew. */
function stopSignal(exporter: Exporter): Promise<void> {
  return new Promise((stop) => {
    onSignal('SIGINT', stop);
    onSignal('SIGTERM', stop);
    onSignal('SIGHUP', () => void exporter.reload());
  });
}

function onSignal(signal: NodeJS.Signals, action: () => void): void {
  process.removeAllListeners(signal);
  process.on(signal, action);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.[\d.]+$/.test(host);
}

/** What to do about an address; the other errors say it themselves. */
function remedy(error: Error): string {
  if (!(error instanceof ListenError)) return '';
  switch (error.code) {
    case 'in-use':
      return '. Choose another port by --port.';
    case 'denied':
      return '. Choose a port above 1023 by --port.';
    case 'no-such-address':
    case 'other':
      return '. Choose another address by --listen.';
  }
}

/** What the user can do something about. */
function isExpected(error: unknown): error is Error {
  return (
    error instanceof ListenError || error instanceof TokenFileError || error instanceof ScriptDirectoryError
  );
}
