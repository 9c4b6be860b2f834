import { moduleText } from '../../module/compiled-module-text.ts';
import type { ServedFiles } from '../../procfs/served-files.ts';
import type { KernelDescriptors } from '../../bpf/loader/open-kernel-probes.ts';
import type { FrozenFiles } from '../files/serve-files.ts';
import { thisBuild, type FrozenModule } from './background-channel.ts';
import { KERNEL_FDS } from './background-descriptors.ts';
import { spawnBackground, type BackgroundProcess } from './detached-start.ts';
import { disconnectText } from './disconnect-text.ts';
import type { OwnTarget } from '../output/output-readers.ts';
import type { RunningModule } from '../run/run-module.ts';

/**
 * `done`: another process runs the module. `failed`: this one still does, and has said so. `lost`: nobody does; the other
 * process died when it was about to.
 */
export type HandoverOutcome = 'done' | 'failed' | 'lost';

/** undefined: the module has none. */
type Files = ServedFiles<FrozenFiles> | undefined;

/**
 * Hands a running module to a new process without a terminal (Ctrl-\). That process is brought up while the module goes on;
 * then handlers stop, requests wait in the kernel, all there is to know goes over, and the new process serves.
 */
export async function handOver(running: RunningModule): Promise<HandoverOutcome> {
  const files = running.files.served;
  if (!running.presence.canBeFound()) return refuse(running, 'nobody could find the module again');
  await running.presence.supervise();
  const successor = await startSuccessor(running, files);
  if (successor === undefined) return refuse(running, 'no other process could be started');
  if (running.isStopRequested() || running.engine.state !== 'RUNNING') {
    successor.kill();
    return 'failed';
  }
  running.stopInput();
  const own = running.readers.releaseOwn();
  const frozen = await freeze(running, files);
  if (running.isEnding()) {
    successor.kill();
    return goOn(running, files, own, undefined);
  }
  successor.channel.send({
    kind: 'take-over',
    module: moduleText(running.module),
    setup: running.setup,
    frozen,
  });
  const answer = await successor.channel.receive();
  if (answer?.kind !== 'prepared' || running.isStopRequested()) {
    successor.kill();
    return goOn(running, files, own, answer?.kind === 'prepared' ? undefined : await successor.lastWords());
  }
  return commit(running, successor, files, own);
}

async function startSuccessor(running: RunningModule, files: Files): Promise<BackgroundProcess | undefined> {
  const { setup, presence } = running;
  const descriptors = [
    files?.deviceFd ?? ('ignore' as const),
    presence.supervisorPipe ?? ('ignore' as const),
    ...kernelDescriptors(running),
  ];
  const successor = await spawnBackground(setup.directory, setup.environment, descriptors);
  successor.channel.send({ kind: 'prepare' });
  const answer = await successor.channel.receive();
  // Another build might read what it gets in another way.
  if (answer?.kind === 'up' && answer.build === thisBuild()) return successor;
  successor.kill();
  return undefined;
}

/** Probes stay attached, and events that happen meanwhile wait in the kernel. */
function kernelDescriptors({ kernel }: RunningModule): readonly number[] {
  const descriptors = kernel?.probes.descriptors();
  return descriptors === undefined ? [] : [...descriptors.maps, ...descriptors.links];
}

function kernelInSuccessor({ kernel }: RunningModule): KernelDescriptors | undefined {
  if (kernel === undefined) return undefined;
  const { maps, links } = kernel.probes.descriptors();
  const linkFds = KERNEL_FDS + maps.length;
  return {
    maps: maps.map((_, index) => KERNEL_FDS + index),
    links: links.map((_, index) => linkFds + index),
  };
}

async function freeze(running: RunningModule, files: Files): Promise<FrozenModule> {
  const engine = running.engine.freeze();
  const frozenFiles = await files?.freeze();
  // What its streams still hold goes to memory, which takes it at once.
  await running.engine.outputDrained();
  await running.readers.messages.drained();
  return {
    engine,
    files: frozenFiles,
    kernel: kernelInSuccessor(running),
    output: running.readers.state(),
    claim: running.presence.transfer(),
    failed: running.readers.failed,
  };
}

async function commit(
  running: RunningModule,
  successor: BackgroundProcess,
  files: Files,
  own: OwnTarget | undefined,
): Promise<HandoverOutcome> {
  successor.channel.send({ kind: 'commit' });
  const answer = await successor.channel.receive();
  if (answer?.kind !== 'running') {
    // It may have taken requests that now nobody can answer: what is left is to end the module.
    running.presence.takeBack();
    if (own !== undefined) running.readers.attachOwn(own);
    running.error('The process that took the module over has died, ending.');
    return 'lost';
  }
  files?.abandon();
  running.audience.flush();
  await running.presence.giveUp();
  successor.channel.close();
  if (running.isStopRequested()) process.kill(successor.pid, 'SIGINT');
  process.stderr.write(disconnectText(running.setup.engineOptions));
  own?.close?.();
  return 'done';
}

/** As if nothing had happened. */
function goOn(
  running: RunningModule,
  files: Files,
  own: OwnTarget | undefined,
  lastWords: string | undefined,
): HandoverOutcome {
  if (own !== undefined) running.readers.attachOwn(own);
  files?.resume();
  running.engine.resume();
  if (lastWords === undefined) return 'failed';
  return refuse(running, `the process that was to take it over died ${lastWords}`.trim());
}

function refuse(running: RunningModule, reason: string): HandoverOutcome {
  running.error(`Cannot disconnect from the module: ${reason}; it goes on here.`);
  return 'failed';
}
