import type { ReloadRequest } from '../../control/module-control.ts';
import type { ControlFailure, ControlReply } from '../../control/protocol.ts';
import { MountError } from '../../fuse/mount-error.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { Engine } from '../../runtime/engine.ts';
import type { GlobalAdoption } from '../../runtime/global-adoption.ts';
import { readStapmod, StapmodError } from '../../stapmod/stapmod.ts';
import type { RunningModule } from './run-module.ts';

/**
 * Lets another script take the place of the running one: its begin probes run, its globals take over what the old ones of
 * the same name and type hold, its files replace the old ones under the same mount. End probes of the old script do not
 * run. When anything of it fails the old script goes on.
 */
export async function reloadModule(running: RunningModule, request: ReloadRequest): Promise<ControlReply> {
  if (running.isLeaving || running.engine.state !== 'RUNNING')
    return refusal('ending', 'The module is ending.');
  const module = readModule(request);
  if ('ok' in module) return module;
  const engine = await running.newEngine(module, request.scriptArguments);
  if (!engine.start() || engine.state !== 'STARTING') {
    return refusal(
      'not-possible',
      'The new script ended, or failed, in its begin probes; the old one goes on.',
    );
  }
  // Handlers of the new script answer only when it is active, and then those of the old one do not any more.
  running.gate.hold();
  try {
    return await takeOver(running, engine, module, request);
  } catch (error) {
    if (error instanceof MountError)
      return refusal('not-possible', `${error.message} The old script goes on.`);
    throw error;
  } finally {
    running.gate.activate();
  }
}

/** @throws {MountError} nothing has changed */
async function takeOver(
  running: RunningModule,
  engine: Engine,
  module: CompiledModule,
  request: ReloadRequest,
): Promise<ControlReply> {
  const old = running.engine;
  await running.files.serve(engine.files());
  // The end may have been asked for meanwhile.
  if (old.state !== 'RUNNING') return refusal('ending', 'The module is ending.');
  const adoption: GlobalAdoption = engine.adoptGlobals(old.freeze().globals);
  running.exchange(module, engine, request.script, request.scriptArguments);
  return { ok: true, ...adoption };
}

function refusal(code: ControlFailure['code'], text: string): ControlFailure {
  return { ok: false, code, text };
}

function readModule(request: ReloadRequest): CompiledModule | ControlFailure {
  try {
    return readStapmod(Buffer.from(request.module, 'latin1'), request.script).module;
  } catch (error) {
    if (error instanceof StapmodError) return refusal('bad-value', `${error.message}.`);
    throw error;
  }
}
