import { parseModuleText } from '../../module/compiled-module-text.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import { backgroundEnd, thisBuild, type FrozenModule, type ToBackground } from './background-channel.ts';
import { childEnvironment } from '../ports/environment.ts';
import type { CompanionProcess } from '../../companion/companion-process.ts';
import type { RuntimeMessage } from '../../runtime/engine-ports.ts';
import { BACKGROUND_VARIABLE } from './background-descriptors.ts';
import { renamedForProcess } from '../module-name.ts';
import { messageJson } from '../output/message-json.ts';
import { OutputReaders } from '../output/output-readers.ts';
import { openOwnFile } from '../output/own-file.ts';
import { EventTimers } from '../ports/event-timers.ts';
import type { ModuleRun } from '../run/module-run.ts';
import { publishes } from '../stap-options.ts';
import { continueModule, runModule } from '../run/run-module.ts';
import { createPorts, nativeLoader, type RunPorts } from '../run/run-ports.ts';
import { nameProcess } from '../ports/process-name.ts';
import { firstPorts, monitorOf, serveCompanion } from '../run/run-session.ts';
import { withName, type RunSetup } from '../run/run-setup.ts';

type StartMessage = Extract<ToBackground, { kind: 'start' }>;

/** What a process does that runs a module without a terminal. Resolves to its exit status. */
export async function runInBackground(): Promise<number> {
  // Commands of the script are no background processes of their own.
  Reflect.deleteProperty(process.env, BACKGROUND_VARIABLE);
  nameProcess('stap');
  const message = await backgroundEnd.receive();
  if (message?.kind === 'start') return (await runDetached(message)) ? 0 : 1;
  if (message?.kind === 'prepare') return (await takeOver()) ? 0 : 1;
  return 1;
}

async function runDetached({ module, setup: given, rename, output }: StartMessage): Promise<boolean> {
  const name = given.engineOptions.moduleName;
  const setup = withName(given, rename ? renamedForProcess(name, process.pid) : name);
  const run = await backgroundRun(parseModuleText(module), setup, undefined);
  if (run.ports === undefined) return tellFailure(keptMessages(run.readers));
  const syslog = output === 'own-file' ? openOwnFile(setup, run.readers, run.loadNative) : undefined;
  if (output === 'own-file' && syslog === undefined) return tellFailure(keptMessages(run.readers));
  const companion = await newCompanion(setup);
  const told: string[] = [];
  const tell = (message: RuntimeMessage): void => {
    if (message.kind === 'note') told.push(noteText(message, setup));
    else run.readers.messages.print(message);
  };
  if (!(await serveCompanion(companion, setup, tell))) return tellFailure(keptMessages(run.readers));
  const progress = { started: false };
  const succeeded = await runModule({
    ...run,
    ports: run.ports,
    companion,
    onStarted: () => {
      progress.started = true;
      const { moduleName } = setup.engineOptions;
      backgroundEnd.send({
        kind: 'running',
        moduleName,
        messages: told.join('') + (syslog?.started() ?? ''),
      });
    },
  });
  return progress.started ? succeeded : tellFailure(syslog?.started() ?? keptMessages(run.readers));
}

/** Started by the process that the module lives in: it is told when that goes. */
async function newCompanion({
  publishing,
  directory,
  environment,
}: RunSetup): Promise<CompanionProcess | undefined> {
  if (publishing === undefined || !publishes(publishing)) return undefined;
  const { CompanionProcess } = await import('../../companion/companion-process.ts');
  return new CompanionProcess(directory, environment);
}

async function takeOver(): Promise<boolean> {
  // All that takes long, before the module stops in the other process.
  await Promise.all([
    import('../../procfs/module-directory.ts'),
    import('../../control/control-server.ts'),
    import('../ports/native-calls.ts').catch(() => undefined),
  ]);
  backgroundEnd.send({ kind: 'up', build: thisBuild() });
  const message = await backgroundEnd.receive();
  if (message?.kind !== 'take-over') return false;
  const { setup, frozen } = message;
  const run = await backgroundRun(parseModuleText(message.module), setup, frozen);
  const { ports } = run;
  if (ports === undefined) return false;
  const onStarted = (): void => {
    const { moduleName } = setup.engineOptions;
    backgroundEnd.send({ kind: 'running', moduleName, messages: '' });
  };
  return continueModule({ ...run, ports, onStarted }, frozen, async () => {
    if (!backgroundEnd.send({ kind: 'prepared' })) return false;
    return (await backgroundEnd.receive())?.kind === 'commit';
  });
}

/** Without ports the kernel has refused what the module needs, and the readers hold what was said about it. */
type BackgroundRun = Omit<ModuleRun, 'onStarted' | 'ports'> & { readonly ports: RunPorts | undefined };

async function backgroundRun(
  module: CompiledModule,
  setup: RunSetup,
  frozen: FrozenModule | undefined,
): Promise<BackgroundRun> {
  const loadNative = nativeLoader();
  const readers = new OutputReaders(setup, loadNative, frozen?.output);
  const environment = childEnvironment(setup.environment, setup.engineOptions.moduleName);
  const { target } = setup.engineOptions;
  const sources = { readers, loadNative, environment, timers: new EventTimers(loadNative), target };
  const portsFor = (other: CompiledModule): Promise<RunPorts> => createPorts(other, sources);
  const ports = await firstPorts(createPorts(module, sources, frozen?.kernel), readers);
  const monitor = await monitorOf(setup, readers, loadNative);
  return {
    module,
    setup,
    ports,
    portsFor,
    readers,
    loadNative,
    monitor,
    command: undefined,
    isBackground: true,
  };
}

/** What was to be said about the start goes to who asked for it. */
function tellFailure(messages: string): false {
  backgroundEnd.send({ kind: 'failed', messages });
  return false;
}

/** For the standard error of who starts the module. */
function noteText(message: RuntimeMessage, { engineOptions }: RunSetup): string {
  return engineOptions.outputFormat === 'json' ? messageJson(message, new Date()) : `${message.text}\n`;
}

function keptMessages(readers: OutputReaders): string {
  const { records } = readers.state();
  return records
    .filter(({ stream }) => stream === 'err')
    .map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
    .join('');
}
