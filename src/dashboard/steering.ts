import type { ControlReply, ControlRequest } from '../control/protocol.ts';
import { isAboutSession } from '../module/session-probe.ts';
import { askingProblem, granted } from './asking-problem.ts';
import type { ModuleFeed } from './module-feed.ts';

/** The positive answer of a module to a request. @throws {WebProblem} */
export async function askFeed(
  feed: ModuleFeed,
  request: ControlRequest,
  withinMs?: number,
): Promise<Extract<ControlReply, { ok: true }>> {
  try {
    return granted(await feed.observer.request(request, withinMs));
  } catch (error) {
    throw askingProblem(error);
  }
}

/** Pauses or resumes a script as the monitor does. @throws {WebProblem} */
export async function switchAll(feed: ModuleFeed, on: boolean): Promise<void> {
  const { probes } = await feed.describe();
  const wanted = probes.filter((probe) => probe.on !== on && (on || !isAboutSession(probe.point)));
  await Promise.all(wanted.map(({ index }) => askFeed(feed, { op: 'switch', probe: String(index), on })));
}
