import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { writeFileAtomically } from './atomic-file.ts';
import { isOnOwnWay, isOurs, type CachePlace } from './cache-directory.ts';

const DEFAULT_LIMIT_MB = 256;
const DEFAULT_INTERVAL_S = 300;
const BYTES_PER_MB = 1 << 20;
/** A file that is being written is at most so old, milliseconds. */
const WRITING_MS = 60_000;

/** The files of one entry. */
interface EntryFiles {
  readonly paths: readonly string[];
  readonly size: number;
  /** Of its newest file. */
  readonly modifiedMs: number;
}

/**
 * Removes the oldest entries until the cache is within its limit. `cache_mb_limit` in the cache's directory holds the
 * limit, `cache_clean_interval_s` how often at most this is done, its time of modification when it was done last; both
 * are made when they are missing. `whenever`: now, whatever the interval. `note` gets what SystemTap tells at verbosity
 * 2. Throws nothing: what cannot be removed stays.
 */
export function cleanCache(place: CachePlace, whenever: boolean, note: (line: string) => void): void {
  try {
    clean(place, whenever, note);
  } catch (error) {
    note(`Cache cleaning failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function clean(place: CachePlace, whenever: boolean, note: (line: string) => void): void {
  const { directory, levels } = place;
  const uid = process.geteuid?.() ?? 0;
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) {
    note('Cache cleaning skipped, no cache path.');
    return;
  }
  if (!isOnOwnWay(place, uid) || !isOurs(directory, uid)) {
    note('Cache cleaning skipped, other users can change the cache.');
    return;
  }
  const limitPath = `${directory}/cache_mb_limit`;
  const intervalPath = `${directory}/cache_clean_interval_s`;
  const limitMb = readNumber(limitPath, DEFAULT_LIMIT_MB, () =>
    note(`Cache limit file ${limitPath} missing, creating default.`),
  );
  const known = statSync(intervalPath, { throwIfNoEntry: false }) !== undefined;
  const intervalS = readNumber(intervalPath, DEFAULT_INTERVAL_S, () =>
    note(`Cache clean interval file ${intervalPath} missing, creating default.`),
  );
  const passedS = Math.trunc((Date.now() - statSync(intervalPath).mtimeMs) / 1000);
  if (!whenever && known && passedS >= 0 && passedS < intervalS) {
    note(`Cache cleaning skipped, interval not reached ${passedS} s / ${intervalS} s.`);
    return;
  }
  note(`Cleaning cache, interval reached ${passedS} s > ${intervalS} s.`);
  const removed = removeOldest(entries(directory, levels), limitMb * BYTES_PER_MB);
  const now = new Date();
  utimesSync(intervalPath, now, now);
  note(`Cache cleaning successful, removed entries: ${removed.length === 0 ? '0' : ''}`);
  for (const path of removed) note(`  ${path}`);
}

function readNumber(path: string, fallback: number, onMissing: () => void): number {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    onMissing();
    writeFileAtomically(path, `${fallback}\n`);
    return fallback;
  }
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) || number < 0 ? fallback : number;
}

/** Paths that were removed. */
function removeOldest(all: readonly EntryFiles[], limitBytes: number): readonly string[] {
  let size = all.reduce((sum, entry) => sum + entry.size, 0);
  const removed: string[] = [];
  for (const entry of [...all].sort((a, b) => a.modifiedMs - b.modifiedMs)) {
    if (size <= limitBytes) break;
    for (const path of entry.paths) rmSync(path, { force: true });
    removed.push(...entry.paths);
    size -= entry.size;
  }
  return removed;
}

/** Files grouped by the module they belong to, and what processes that were killed left half written. */
function entries(directory: string, levels: number): readonly EntryFiles[] {
  const groups = new Map<string, EntryFiles>();
  const walk = (path: string, depth: number): void => {
    for (const item of readdirSync(path, { withFileTypes: true, encoding: 'utf8' })) {
      const itemPath = `${path}/${item.name}`;
      if (item.isDirectory() && depth > 0 && /^[0-9a-f]{2}$/.test(item.name)) walk(itemPath, depth - 1);
      else if (item.isFile()) add(groups, itemPath, item.name);
    }
  };
  walk(directory, levels);
  return [...groups.values()];
}

function add(groups: Map<string, EntryFiles>, path: string, fileName: string): void {
  // A module's three files, or one that is kept beside them, such as the index of the kernel's types.
  const [, isTemporary, module, kept] =
    /^(\.?)(?:(stap_[0-9a-f]{32}_\d+?)(?:\.stapmod|\.js|_hash\.log)|(btf-.+))/.exec(fileName) ?? [];
  const stem = module ?? kept;
  if (stem === undefined) return;
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (isTemporary === '.') {
    if (Date.now() - status.mtimeMs > WRITING_MS) rmSync(path, { force: true });
    return;
  }
  const group = groups.get(stem);
  groups.set(stem, {
    paths: [...(group?.paths ?? []), path],
    size: (group?.size ?? 0) + status.size,
    modifiedMs: Math.max(group?.modifiedMs ?? 0, status.mtimeMs),
  });
}
