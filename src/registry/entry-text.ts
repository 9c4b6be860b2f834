import { isCount, isRecord, type Json } from './json-checks.ts';
import type { ModuleEntry, ModuleFile } from './module-entry.ts';

/** An entry longer than this is none, bytes. */
export const MAX_ENTRY_BYTES = 64 * 1024;

const MODULE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,55}$/;
const MAX_TEXT = 4096;
const MAX_PID = 1 << 22;

/** True for what can be the name of a module: 1 to 56 letters, digits, `_`, `.` and `-`, the first one no dot. */
export function isModuleName(name: string): boolean {
  return MODULE_NAME.test(name);
}

/** Text of an entry as entry.json holds it. Files that would make it too long are left out. */
export function entryText(entry: ModuleEntry): string {
  const text = JSON.stringify(entry);
  if (Buffer.byteLength(text) <= MAX_ENTRY_BYTES) return text;
  const half = Math.floor(entry.files.length / 2);
  if (half === 0) return JSON.stringify({ ...entry, files: [] });
  return entryText({ ...entry, files: entry.files.slice(0, half) });
}

/** The entry that a text holds, field by field checked: anybody may have written it. Undefined when it is none. */
export function parseEntry(text: string): ModuleEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRecord(value) ? checkedEntry(value) : undefined;
}

function checkedEntry(value: Json): ModuleEntry | undefined {
  const { formatVersion, name, state, pid, startTicks, uid, startedAtMs, script, directory, files } = value;
  if (formatVersion !== 1 || typeof name !== 'string' || !isModuleName(name)) return undefined;
  if (state !== 'starting' && state !== 'running' && state !== 'ending') return undefined;
  if (!isCount(pid, MAX_PID) || pid === 0 || !isCount(uid, 0xffffffff)) return undefined;
  if (typeof startTicks !== 'string' || !/^\d{1,20}$/.test(startTicks)) return undefined;
  if (!isCount(startedAtMs, 8.64e15) || !isText(script)) return undefined;
  if (directory !== undefined && !(isText(directory) && directory.startsWith('/'))) return undefined;
  if (!Array.isArray(files)) return undefined;
  const checkedFiles = files.map(checkedFile);
  if (!checkedFiles.every((file) => file !== undefined)) return undefined;
  return {
    formatVersion,
    name,
    state,
    pid,
    startTicks,
    uid,
    startedAtMs,
    script,
    directory,
    files: checkedFiles,
  };
}

function checkedFile(value: unknown): ModuleFile | undefined {
  if (!isRecord(value)) return undefined;
  const { path, mode } = value;
  return isText(path) && isCount(mode, 0o7777) ? { path, mode } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}
