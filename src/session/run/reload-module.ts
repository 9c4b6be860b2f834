import { KernelProbeError } from '../../bpf/loader/kernel-probe-error.ts';
import type { ReloadRequest } from '../../control/module-control.ts';
import type { ControlFailure, ControlReply } from '../../control/protocol.ts';
import { MountError } from '../../fuse/mount-error.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { GlobalAdoption } from '../../runtime/global-adoption.ts';
import { readStapmod, StapmodError, type Stapmod } from '../../stapmod/stapmod.ts';
import type { RunningModule } from './run-module.ts';
import type { Successor } from './running-script.ts';

/**
 * Lets another script take the place of the running one: its begin probes run, its globals take over what the old ones of
 * the same name and type hold, its files replace the old ones under the same mount. End probes of the old script do not
 * run. When anything of it fails the old script goes on.
 */
export async function reloadModule(running: RunningModule, request: ReloadRequest): Promise<ControlReply> {
  if (running.isLeaving || running.engine.state !== 'RUNNING')
    return refusal('ending', 'The module is ending.');
  const found = readModule(request);
  if ('ok' in found) return found;
  const successor = await newSuccessor(running, found.module, request);
  if ('ok' in successor) return successor;
  const reply = await prepareAndTakeOver(running, successor, found, request);
  if (reply.ok) return reply;
  successor.engine.endLine();
  successor.kernel?.probes.close();
  return reply;
}

/** An engine for the new script; nothing of the script has run. */
async function newSuccessor(
  running: RunningModule,
  module: CompiledModule,
  request: ReloadRequest,
): Promise<Successor | ControlFailure> {
  try {
    return await running.successor(module, request.scriptArguments);
  } catch (error) {
    return kernelRefusal(error);
  }
}

async function prepareAndTakeOver(
  running: RunningModule,
  successor: Successor,
  found: Stapmod,
  request: ReloadRequest,
): Promise<ControlReply> {
  const { engine, kernel } = successor;
  if (!engine.start() || engine.state !== 'STARTING') {
    return refusal(
      'not-possible',
      'The new script ended, or failed, in its begin probes; the old one goes on.',
    );
  }
  try {
    // What can fail; it fires nothing before the engine is active.
    kernel?.probes.link();
  } catch (error) {
    return kernelRefusal(error);
  }
  // Handlers of the new script answer only when it is active, and then those of the old one do not any more.
  running.gate.hold();
  try {
    const reply = await takeOver(running, successor, found, request);
    if (reply.ok) await running.coverFiles();
    return reply;
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
  successor: Successor,
  { module, inputs }: Stapmod,
  request: ReloadRequest,
): Promise<ControlReply> {
  const old = running.engine;
  const { engine } = successor;
  await running.files.serve(engine.files());
  // The end may have been asked for meanwhile.
  if (old.state !== 'RUNNING') return refusal('ending', 'The module is ending.');
  successor.kernel?.probes.relieve(running.kernel?.probes);
  const adoption: GlobalAdoption = engine.adoptGlobals(old.freeze().globals);
  running.exchange(module, successor, request, inputs.scripts);
  return { ok: true, ...adoption };
}

/** Throws what is no refusal of the kernel. */
function kernelRefusal(error: unknown): ControlFailure {
  if (error instanceof KernelProbeError)
    return refusal('not-possible', `${error.message}; the old script goes on.`);
  throw error;
}

function refusal(code: ControlFailure['code'], text: string): ControlFailure {
  return { ok: false, code, text };
}

function readModule(request: ReloadRequest): Stapmod | ControlFailure {
  try {
    return readStapmod(Buffer.from(request.module, 'latin1'), request.script);
  } catch (error) {
    if (error instanceof StapmodError) return refusal('bad-value', `${error.message}.`);
    throw error;
  }
}
