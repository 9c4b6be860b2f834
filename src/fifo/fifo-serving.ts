import type { Accessor } from '../procfs/pseudo-file.ts';
import { errnoText } from '../fuse/system-error-text.ts';
import type { FifoCalls } from './fifo-calls.ts';
import type { LateOpeners } from './late-openers.ts';
import type { StepQueue } from './step-queue.ts';

/** What the FIFOs of a module share. */
export interface FifoServing {
  readonly calls: FifoCalls;
  readonly queue: StepQueue;
  readonly lateOpeners: LateOpeners;
  /** A FIFO does not tell who uses it: handlers run as this process, as in SystemTap. */
  readonly caller: Accessor;
  /** Group of the files and the permission it gives; undefined: the group of this process. */
  readonly groupGid: number | undefined;
  /** Where FIFOs are made before they get their name. */
  readonly freshPath: string;
  readonly warn: (text: string) => void;
  /** The files cannot be served any more: somebody else removed them. */
  readonly lost: () => void;
}

/** What happened to the file, as SystemTap says it. */
export function fifoWarning(
  action: 'opening' | 'reading from' | 'writing to',
  path: string,
  result: number,
): string {
  return `an error occurred while ${action} procfs fifo (${path}). ${errnoText(-result)}.`;
}
