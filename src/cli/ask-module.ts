import { ControlClient, ControlError } from '../control/control-client.ts';
import { parseDescription, type ReportedDescription } from '../control/parse-description.ts';
import type { ControlReply, ControlRequest } from '../control/protocol.ts';
import { existingSafeDirectory } from '../fuse/safe-directory.ts';
import type { ListedModule } from '../registry/module-list.ts';

/** Long enough for a module that is busy, short enough for somebody who wants a list. */
const LIST_MS = 1000;

/** What a module tells about itself; undefined when it may not be asked or does not answer soon. */
export async function describeModule(module: ListedModule): Promise<ReportedDescription | undefined> {
  const reply = await askModule(module, { op: 'describe' }, LIST_MS);
  return reply instanceof ControlError ? undefined : parseDescription(reply);
}

/** Asks one thing on a connection of its own; `withinMs` for connecting, and for the answer. */
export async function askModule(
  module: ListedModule,
  request: ControlRequest,
  withinMs: number,
): Promise<ControlReply | ControlError> {
  if (!isControllable(module)) return new ControlError('denied', 'Permission denied');
  let client: ControlClient | undefined;
  try {
    client = await ControlClient.connect(module.home, { retryMs: withinMs, uid: askedUser(module) });
    return await client.request(request, withinMs);
  } catch (error) {
    if (error instanceof ControlError) return error;
    throw error;
  } finally {
    client?.close();
  }
}

/** True when this user may use the control socket of that module. */
function isControllable(module: ListedModule): boolean {
  const uid = process.geteuid?.();
  return uid === 0 || uid === module.uid;
}

/** Who has to be asked for: nobody else can have put a socket into a home of our own in a directory of our own. */
function askedUser({ uid, root }: ListedModule): number | undefined {
  return uid === process.geteuid?.() && existingSafeDirectory(root) === root ? undefined : uid;
}

/** Why this user may not control a module, with what to do about it. */
export function deniedText(module: ListedModule): string {
  const { name } = module.entry;
  return `Permission denied: module ${name} belongs to user ${module.uid}; become that user or root, for example with sudo(8)`;
}
