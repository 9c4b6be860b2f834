import type { CompileScript } from '../dashboard/dashboard-options.ts';
import type { OtlpPush } from '../metrics/otlp.ts';
import { nameProcess } from '../session/ports/process-name.ts';
import { handleSignals } from '../session/ports/stop-signals.ts';
import type { CompanionRequest } from './companion-channel.ts';
import { ParentEnd } from './parent-end.ts';
import { publish, PublishingError, type Published } from './publish.ts';
import { Subjects } from './subjects.ts';

/** Most memory of a companion, bytes: it must never take the machine's. */
const MAX_RESIDENT_BYTES = 512 << 20;
const MEMORY_LOOK_MS = 1000;

/** Who is told what. Texts are UTF-8, without newline. */
export interface Teller {
  note(text: string): void;
  error(text: string): void;
  /** What is left out of what is served. */
  warning(text: string): void;
}

/**
 * The companion of a run: serves until the module has ended, a signal comes, or the run goes before it has a module.
 * Resolves to the exit status.
 */
export async function runCompanion(version: string, compileScript: CompileScript): Promise<number> {
  nameProcess('stap-companion');
  const stopped = stopSignal();
  const parent = new ParentEnd();
  const request = await Promise.race([parent.request, stopped]);
  if (request === undefined) return 0;
  const teller: Teller = {
    note: () => undefined,
    error: (text) => void parent.send({ kind: 'failed', text }),
    warning: (text) => void parent.send({ kind: 'warning', text }),
  };
  const service = await startService(request, version, compileScript, teller);
  if (typeof service === 'string') {
    await parent.send({ kind: 'failed', text: service });
    return 1;
  }
  await parent.send({ kind: 'listening', lines: service.published.lines });
  if ((await Promise.race([parent.started, stopped])) === true) {
    const ended = service.subjects.follow(() => void parent.send({ kind: 'watching' }));
    await Promise.race([ended, stopped]);
  }
  await service.end();
  return 0;
}

/** Serves all modules until a signal comes. Resolves to the exit status. */
export async function serveUntilSignal(
  request: CompanionRequest,
  version: string,
  compileScript: CompileScript,
  teller: Teller,
): Promise<number> {
  const stopped = stopSignal();
  const service = await startService(request, version, compileScript, teller);
  if (typeof service === 'string') {
    teller.error(service);
    return 1;
  }
  for (const line of service.published.lines) teller.note(line);
  await stopped;
  await service.end();
  return 0;
}

interface Service {
  readonly published: Published;
  readonly subjects: Subjects;
  end(): Promise<void>;
}

/** Or why it cannot be served. */
async function startService(
  request: CompanionRequest,
  version: string,
  compileScript: CompileScript,
  teller: Teller,
): Promise<Service | string> {
  watchMemory(teller);
  const subjects = new Subjects(request, (text) => teller.warning(text));
  const onFault = (error: unknown): void =>
    teller.warning(`A request was not answered: ${error instanceof Error ? error.stack : String(error)}`);
  let published: Published | undefined;
  try {
    published = await publish(request, {
      version,
      modules: subjects,
      metricsText: (accept) => subjects.metricsText(accept),
      compileScript,
      onFault,
    });
    const push = await startPush(request, version, subjects, teller);
    const servers = published;
    return {
      published: servers,
      subjects,
      async end() {
        await Promise.all([push?.end(), servers.close()]);
        subjects.close();
      },
    };
  } catch (error) {
    await published?.close();
    subjects.close();
    if (error instanceof PublishingError) return error.message;
    throw error;
  }
}

/** --otlp; the packages for it are loaded only then. */
async function startPush(
  { otlp }: CompanionRequest,
  version: string,
  subjects: Subjects,
  teller: Teller,
): Promise<OtlpPush | undefined> {
  if (otlp === undefined) return undefined;
  const { otlpMetricsUrl, startOtlp } = await import('../metrics/otlp.ts');
  const url = otlpMetricsUrl(otlp);
  if (url === undefined) throw new PublishingError(`--otlp: ${otlp} is no URL of http or https.`);
  return startOtlp({
    url,
    version,
    families: () => subjects.families(),
    warn: (text) => teller.warning(`--otlp: ${text}.`),
  });
}

/** What is served is worth less than the machine's memory: a process that takes too much of it ends. */
function watchMemory(teller: Teller): void {
  setInterval(() => {
    if (process.memoryUsage.rss() < MAX_RESIDENT_BYTES) return;
    teller.warning('What serves metrics and dashboard takes more than 512 MiB of memory, and ends.');
    process.kill(process.pid, 'SIGTERM');
  }, MEMORY_LOOK_MS).unref();
}

/** Settles at the first signal that asks for the end; the second one does not wait for anything. */
function stopSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    const leave = (): void => process.exit(1);
    handleSignals({
      stop: () => resolve(undefined),
      hurry: leave,
      abort: leave,
      detach: () => resolve(undefined),
      rotate: () => undefined,
    });
  });
}
