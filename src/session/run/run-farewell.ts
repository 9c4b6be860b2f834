import { setTimeout as pause } from 'node:timers/promises';
import type { ModuleRun } from './module-run.ts';
import type { RunEnd } from './run-end.ts';

/** How long the end of a script waits for the process that is to send its last numbers. */
const COMPANION_MS = 1000;

/**
 * Settles when the output of a module that has ended is out. One in the background that ended by itself keeps what it recorded
 * until somebody has read it, or asks for its removal.
 */
export async function outputRead(
  { readers, isBackground }: Pick<ModuleRun, 'readers' | 'isBackground'>,
  end: RunEnd,
): Promise<void> {
  await readers.messages.drained();
  await readers.drained();
  while (isBackground && !end.isRequested && readers.isDetached && readers.bufferedBytes > 0) {
    await Promise.race([new Promise<void>((resolve) => readers.onChange(resolve)), end.requested]);
    await readers.drained();
  }
}

/** Lets the companion go. A collector is to get the last numbers of a short script, too: that is waited for. */
export async function releaseCompanion(
  { companion, setup }: Pick<ModuleRun, 'companion' | 'setup'>,
  end: RunEnd,
): Promise<void> {
  companion?.release();
  if (companion !== undefined && setup.publishing?.otlp !== undefined)
    await Promise.race([companion.watching, pause(COMPANION_MS), end.hurried]);
}
