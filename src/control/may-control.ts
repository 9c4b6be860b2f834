import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { PassingLoader } from './descriptor-passing.ts';

/** What users outside a user namespace look like inside; user_namespaces(7). */
const OVERFLOW_UID = 65534;

/**
 * Whether the process at the other end may control this one: it belongs to the same user, or to root. The socket's mode
 * says the same where the file system keeps modes; this is for all others, and for whoever gave a connection away.
 * Rejects when that cannot be found out, for want of descriptors.
 */
export async function mayControl(socket: Socket, loadPassing: PassingLoader): Promise<boolean> {
  const passing = await loadPassing();
  const peer = passing.peerOf(socket);
  return peer !== undefined && isAllowed(peer.uid, process.geteuid?.() ?? 0, uidMap());
}

/** As mayControl, by numbers; `map`: the content of /proc/self/uid_map. */
export function isAllowed(peerUid: number, ownUid: number, map: string): boolean {
  if (peerUid === ownUid || peerUid === 0) return true;
  // The root of the machine has no number in a user namespace; of those that have none, the mode lets only him in.
  return peerUid === OVERFLOW_UID && !/^\s*0\s+0\s+4294967295\s*$/.test(map);
}

function uidMap(): string {
  return readFileSync('/proc/self/uid_map', 'latin1');
}
