import type { FuseDevice } from '../fuse/device.ts';
import type { AlternateInodes } from './alternate-inodes.ts';
import type { HandlerQueue } from './handler-queue.ts';
import type { Caller } from './handler-queue.ts';
import type { SizeSteering } from './size-steering.ts';
import type { PseudoTree, TreeFacts } from './tree.ts';

/** What the parts of a directory's server share. */
export interface Serving {
  readonly device: FuseDevice;
  tree: PseudoTree;
  readonly facts: TreeFacts;
  readonly alternates: AlternateInodes;
  readonly queue: HandlerQueue;
  readonly steering: SizeSteering;
  /** How long the kernel may use a file's attributes without asking, seconds. */
  fileAttributesValidSec: number;
  /** Writes handled so far, over all files. */
  writes: number;
}

/** Names and attributes never change behind the kernel's back: it may keep them this long, seconds. */
export const FOREVER_SEC = 2 ** 31;

/** The caller of the device's current request. */
export function callerOf(device: FuseDevice): Caller {
  const { tid, uid, gid, uniqueLow, uniqueHigh } = device.request;
  return { tid, uid, gid, uniqueLow, uniqueHigh, bytes: undefined };
}

/** Answers the device's current request with an error number. */
export function fail(device: FuseDevice, error: number): void {
  sendError(device, device.request, error);
}

/** Answers a request with an error number. */
export function sendError(
  device: FuseDevice,
  request: { readonly uniqueLow: number; readonly uniqueHigh: number },
  error: number,
): void {
  device.send(device.reply.to(request.uniqueLow, request.uniqueHigh).error(error));
}
