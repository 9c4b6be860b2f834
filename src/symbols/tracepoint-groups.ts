import { readFileSync } from 'node:fs';

/** Where the kernel lists its events, one `group:name` a line; tracefs, which only root may read. */
const EVENT_LISTS = ['/sys/kernel/tracing/available_events', '/sys/kernel/debug/tracing/available_events'];

/** Group of each event of the running kernel; empty where tracefs is not mounted or not readable. */
export function tracepointGroups(lists: readonly string[] = EVENT_LISTS): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const line of eventList(lists).split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) groups.set(line.slice(colon + 1), line.slice(0, colon));
  }
  return groups;
}

function eventList(lists: readonly string[]): string {
  for (const path of lists) {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      // The other place, then.
    }
  }
  return '';
}
