import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { findHolders, type Holder } from '../fuse/holder.ts';
import { ownerLives, servedMounts } from '../fuse/mount-table.ts';
import { ControlError } from '../control/control-client.ts';
import { findModule, stillRuns, type ListedModule } from '../registry/module-list.ts';
import { ownerRuns, processUser } from '../registry/owner-process.ts';
import { askModule, describeModule } from './ask-module.ts';
import { cleanRoot } from './clean-root.ts';

/** How long to wait for what, milliseconds. */
export interface EndPatience {
  /** For an answer: a module answers between two handlers; longer means that it hangs or is stopped. */
  readonly answerMs: number;
  /** For end probes. */
  readonly endMs: number;
  /** For end probes and readers of the output when the module is to end in any case; then nobody is waited for. */
  readonly politeEndMs: number;
  /** For all that after the second request. */
  readonly forcedEndMs: number;
  /** For what SIGTERM does. */
  readonly termMs: number;
}

const PATIENCE: EndPatience = {
  answerMs: 5000,
  endMs: 60_000,
  politeEndMs: 2000,
  forcedEndMs: 10_000,
  termMs: 2000,
};
/** Its supervisor cleans up behind a killed module. */
const CLEANING_MS = 2000;
const PAUSE_MS = 10;

/** How an attempt to end a module came out. */
export type EndOutcome =
  | { readonly kind: 'ended' }
  | { readonly kind: 'in-use'; readonly holders: readonly Holder[] }
  | { readonly kind: 'denied' }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'still-ending' }
  | { readonly kind: 'refused'; readonly text: string };

/**
 * Ends a module as rmmod(8) would: with its end probes, unless somebody is attached. With `force` it ends in any case:
 * a process that does not answer is killed, and what it leaves is removed. Resolves when the module is gone.
 */
export async function endModule(
  module: ListedModule,
  force: boolean,
  patience: EndPatience = PATIENCE,
): Promise<EndOutcome> {
  const reply = await askModule(module, { op: 'stop', force }, patience.answerMs);
  if (reply instanceof ControlError) return withoutAnswer(module, reply, force, patience);
  if (!reply.ok && reply.code === 'in-use') return { kind: 'in-use', holders: await holdersOf(module) };
  if (!reply.ok && reply.code !== 'ending') {
    return force ? kill(module, patience) : { kind: 'refused', text: reply.text };
  }
  if (!force) return (await gone(module, patience.endMs)) ? cleaned(module) : { kind: 'still-ending' };
  if (await gone(module, patience.politeEndMs)) return cleaned(module);
  // As a second ^C: the output may wait for somebody who does not read it.
  await askModule(module, { op: 'stop', force }, patience.answerMs);
  return (await gone(module, patience.forcedEndMs)) ? cleaned(module) : kill(module, patience);
}

async function withoutAnswer(
  module: ListedModule,
  error: ControlError,
  force: boolean,
  patience: EndPatience,
): Promise<EndOutcome> {
  if (error.code === 'denied') return { kind: 'denied' };
  // It may have ended before it could answer.
  if (!stillRuns(module)) return cleaned(module);
  if (error.code === 'closed' && (await gone(module, patience.answerMs))) return cleaned(module);
  return force ? kill(module, patience) : { kind: 'no-answer' };
}

/** The process may have changed since the module was found: it moves from terminal to background. */
async function kill(module: ListedModule, { termMs }: EndPatience): Promise<EndOutcome> {
  for (const [signal, waitMs] of [
    ['SIGTERM', termMs],
    ['SIGKILL', CLEANING_MS],
  ] as const) {
    const now = findModule([module.root], module.entry.name);
    if (now?.entry.startedAtMs !== module.entry.startedAtMs) break;
    const { pid } = now.entry;
    if (!ownerRuns(now.entry) || processUser(pid) !== now.uid) break;
    try {
      process.kill(pid, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPERM') return { kind: 'denied' };
    }
    if (await gone(module, waitMs)) break;
  }
  return stillRuns(module) ? { kind: 'no-answer' } : cleaned(module);
}

/** Waits for the supervisor; what it could not remove is removed here. */
async function cleaned(module: ListedModule): Promise<EndOutcome> {
  const { directory, name } = module.entry;
  // The entry goes first, then the rest.
  const isOver = (): boolean => !existsSync(module.home) || !ownerRuns(module.entry);
  await until(() => isOver() && !isMounted(directory), CLEANING_MS);
  if (findModule([module.root], name) === undefined) await cleanRoot(module.root);
  return { kind: 'ended' };
}

/** True while a mount of a dead process is there; that of a new module of the same name does not count. */
function isMounted(directory: string | undefined): boolean {
  return servedMounts().some((mount) => mount.path === directory && !ownerLives(mount));
}

function gone(module: ListedModule, withinMs: number): Promise<boolean> {
  return until(() => !stillRuns(module), withinMs);
}

async function until(condition: () => boolean, withinMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) return false;
    await pause(PAUSE_MS);
  }
  return true;
}

/** Attached clients, then processes with open files or their working directory inside. */
async function holdersOf(module: ListedModule): Promise<Holder[]> {
  const clients = (await describeModule(module))?.clients ?? [];
  const { directory } = module.entry;
  const inside = directory === undefined ? [] : findHolders(directory);
  return [...clients, ...inside.filter(({ pid }) => !clients.some((client) => client.pid === pid))];
}
