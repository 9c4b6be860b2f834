import { ControlClient, ControlError } from '../control/control-client.ts';
import { askedUser, mayAsk } from '../control/may-ask.ts';
import { parseDescription, type ReportedDescription } from '../control/parse-description.ts';
import type { ControlReply, ControlRequest } from '../control/protocol.ts';
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
  if (!mayAsk(module)) return new ControlError('denied', 'Permission denied');
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

/** Why this user may not control a module, with what to do about it. */
export function deniedText(module: ListedModule): string {
  const { name } = module.entry;
  return `Permission denied: module ${name} belongs to user ${module.uid}; become that user or root, for example with sudo(8)`;
}
