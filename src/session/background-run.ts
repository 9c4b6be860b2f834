import { readFileSync, writeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { CompiledModule } from '../module/compiled-module.ts';
import { moduleText, parseModuleText } from '../module/compiled-module-text.ts';
import { renamedForProcess } from './module-name.ts';
import { runInProcess } from './run-session.ts';
import type { SessionContext } from './session-context.ts';
import type { StapOptions } from './stap-options.ts';

/** Environment variable by which a new process knows that it is to run a module it gets on descriptor 3. */
export const BACKGROUND_VARIABLE = 'STAP_TS_BACKGROUND';

const REQUEST_FD = 3;
const STATUS_FD = 4;

interface BackgroundRequest {
  readonly module: string;
  readonly name: string;
  readonly options: StapOptions;
}

/**
 * `-F -o FILE`: runs the module in a process of its own that outlives this one. Resolves, once the probes are active,
 * to its process number; to undefined when it did not start, which it has reported.
 */
export async function startInBackground(
  module: CompiledModule,
  name: string,
  options: StapOptions,
  context: SessionContext,
): Promise<number | undefined> {
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, [`${context.directory}/dist/stap.cjs`], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...context.environment, [BACKGROUND_VARIABLE]: '1' },
  });
  const request: BackgroundRequest = {
    module: moduleText(module),
    name,
    options: { ...options, resourceLimits: [] },
  };
  const [, , errors, requestPipe, statusPipe] = child.stdio as unknown as [
    null,
    null,
    Readable,
    Writable,
    Readable,
  ];
  requestPipe.on('error', () => undefined);
  requestPipe.end(JSON.stringify(request));
  errors.on('data', (data: Buffer) => context.streams.error(data.toString('latin1')));
  const started = await new Promise<boolean>((resolve) => {
    statusPipe.once('data', () => resolve(true));
    child.once('error', () => resolve(false));
    child.once('close', (status) => resolve(status === 0));
  });
  return started ? child.pid : undefined;
}

/** The other half: what the new process does. Resolves to its exit status. */
export async function runInBackground(context: SessionContext): Promise<number> {
  const request = JSON.parse(readFileSync(REQUEST_FD, 'utf8')) as BackgroundRequest;
  const environment = Object.fromEntries(
    Object.entries(context.environment).filter(([name]) => name !== BACKGROUND_VARIABLE),
  );
  const succeeded = await runInProcess({
    module: parseModuleText(request.module),
    moduleName: request.options.moduleName ?? renamedForProcess(request.name, process.pid),
    options: request.options,
    environment,
    colors: undefined,
    onStarted: () => void writeSync(STATUS_FD, '\n'),
  });
  return succeeded ? 0 : 1;
}
