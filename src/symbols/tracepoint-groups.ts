import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** Where tracefs is mounted; only root may look into it. */
const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
/** So many names are looked for directory by directory; then the list of all is read, for which the kernel takes a lock. */
const SEARCHES_BEFORE_LIST = 16;

/** Groups of the events of the running kernel, as tracefs shows them; read when the first is asked for. */
export class TracepointGroups {
  readonly #places: readonly string[];
  #found: { readonly place: string; readonly groups: readonly string[] } | undefined;
  #listed: ReadonlyMap<string, string> | undefined;
  readonly #known = new Map<string, string | undefined>();

  constructor(places: readonly string[] = PLACES) {
    this.#places = places;
  }

  /** `sched` of `sched_switch`; undefined for a tracepoint without event, and where tracefs cannot be read. */
  of(name: string): string | undefined {
    if (!this.#known.has(name)) this.#known.set(name, this.#find(name));
    return this.#known.get(name);
  }

  #find(name: string): string | undefined {
    const { place, groups } = (this.#found ??= findGroups(this.#places));
    if (groups.length === 0) return undefined;
    if (this.#known.size >= SEARCHES_BEFORE_LIST) return (this.#listed ??= listedGroups(place)).get(name);
    const isIn = (group: string) => existsSync(`${place}/events/${group}/${name}`);
    // Most names begin with that of their group.
    return groups.filter((group) => name.startsWith(group)).find(isIn) ?? groups.find(isIn);
  }
}

function findGroups(places: readonly string[]): {
  readonly place: string;
  readonly groups: readonly string[];
} {
  for (const place of places) {
    try {
      const entries = readdirSync(`${place}/events`, { withFileTypes: true });
      const groups = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
      if (groups.length > 0) return { place, groups };
    } catch {
      // The other place, then.
    }
  }
  return { place: '', groups: [] };
}

/** One `group:name` a line. */
function listedGroups(place: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const line of readFileSync(`${place}/available_events`, 'latin1').split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) groups.set(line.slice(colon + 1), line.slice(0, colon));
  }
  return groups;
}
