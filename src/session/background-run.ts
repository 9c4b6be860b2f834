import { parseModuleText } from '../module/compiled-module-text.ts';
import { backgroundEnd, type ToBackground } from './background-channel.ts';
import { childEnvironment } from './child-environment.ts';
import { BACKGROUND_VARIABLE } from './detached-start.ts';
import { renamedForProcess } from './module-name.ts';
import { OutputReaders } from './output-readers.ts';
import { openOwnFile } from './own-file.ts';
import { runModule } from './run-module.ts';
import { createPorts, nativeLoader } from './run-ports.ts';
import { nameProcess } from './run-session.ts';
import { withName } from './run-setup.ts';
import type { SessionContext } from './session-context.ts';

type StartMessage = Extract<ToBackground, { kind: 'start' }>;

/** What a process does that runs a module without a terminal. Resolves to its exit status. */
export async function runInBackground(context: SessionContext): Promise<number> {
  nameProcess();
  const message = await backgroundEnd.receive();
  if (message?.kind === 'start') return (await runDetached(message, context)) ? 0 : 1;
  return 1;
}

async function runDetached(message: StartMessage, context: SessionContext): Promise<boolean> {
  const module = parseModuleText(message.module);
  const name = message.setup.engineOptions.moduleName;
  const setup = withName(message.setup, message.rename ? renamedForProcess(name, process.pid) : name);
  const { moduleName } = setup.engineOptions;
  const loadNative = nativeLoader();
  const readers = new OutputReaders(setup, loadNative);
  let started = false;
  const environment = Object.fromEntries(
    Object.entries(context.environment).filter(([variable]) => variable !== BACKGROUND_VARIABLE),
  );
  const syslog = message.output === 'own-file' ? openOwnFile(setup, readers, loadNative) : undefined;
  if (message.output === 'own-file' && syslog === undefined) return tellFailure(keptMessages(readers));
  const succeeded = await runModule({
    module,
    setup,
    ports: await createPorts(module, {
      readers,
      loadNative,
      environment: childEnvironment(environment, moduleName),
    }),
    readers,
    command: undefined,
    loadNative,
    onStarted: () => {
      started = true;
      backgroundEnd.send({ kind: 'running', moduleName, messages: syslog?.started() ?? '' });
    },
  });
  return started ? succeeded : tellFailure(syslog?.started() ?? keptMessages(readers));
}

/** What was to be said about the start goes to who asked for it. */
function tellFailure(messages: string): false {
  backgroundEnd.send({ kind: 'failed', messages });
  return false;
}

function keptMessages(readers: OutputReaders): string {
  const { records } = readers.state();
  return records
    .filter(({ stream }) => stream === 'err')
    .map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
    .join('');
}
