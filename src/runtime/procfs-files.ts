import { clampToNumber } from '../int64/int64.ts';
import type { Int64 } from '../int64/int64.ts';
import type { CompiledModule, CompiledProbe } from '../module/compiled-module.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import type { Accessor, PseudoFile, ReadOutcome, WriteOutcome } from './pseudo-file.ts';
import { detachedPart } from './script-string.ts';

/** Input/output error of errno(3). */
const EIO = 5;
const READ_BITS = 0o444;
const WRITE_BITS = 0o222;
const READ_UMASK_DEFAULT = 0o044;
const WRITE_UMASK_DEFAULT = 0o022;
const LARGEST_BUFFER = 0x7fffffff;

type ProcfsEvent = Extract<ProbeEvent, { family: 'procfs' }>;

/** How a handler run ended. `refused`: the session does not run handlers now. */
export type RunOutcome = 'done' | 'failed' | 'refused';

/** The probes of one path, in script order. */
interface ProcfsGroup {
  readonly path: string;
  readonly read: { readonly probe: CompiledProbe; readonly event: ProcfsEvent } | undefined;
  readonly writes: readonly { readonly probe: CompiledProbe; readonly event: ProcfsEvent }[];
}

/** Runs handlers for the files. */
export interface ProcfsRunner {
  /** Runs a read handler with a buffer for that many bytes; the content is what it set so far, also after an error. */
  read(
    probe: CompiledProbe,
    accessor: Accessor,
    capacity: number,
  ): { readonly outcome: RunOutcome; readonly content: string };
  write(probe: CompiledProbe, accessor: Accessor, data: string): RunOutcome;
}

/** The files of a module's procfs probes, one per distinct path, in order of first appearance. */
export function procfsFiles(module: CompiledModule, runner: ProcfsRunner): readonly PseudoFile[] {
  return groupByPath(module).map((group) => {
    const { path, read, writes } = group;
    const capacity = bufferCapacity(group, module.limits.STP_PROCFS_BUFSIZE);
    const eventBytes = Math.max(1, Math.min(capacity, module.limits.MAXSTRINGLEN - 1));
    const writers = writes.map(({ probe }) => probe);
    return {
      path,
      mode: fileMode(read?.event.umask, writes[0]?.event.umask, read !== undefined, writes.length > 0),
      ...(read && { read: (accessor: Accessor) => serveRead(runner, read.probe, accessor, capacity) }),
      ...(writes.length > 0 && {
        eventBytes,
        write: (accessor: Accessor, data: string) => serveWrite(runner, writers, accessor, data, eventBytes),
      }),
    };
  });
}

function groupByPath(module: CompiledModule): readonly ProcfsGroup[] {
  const groups = new Map<
    string,
    { path: string; read: ProcfsGroup['read']; writes: ProcfsGroup['writes'] }
  >();
  for (const probe of module.probes) {
    const { event } = probe;
    if (event.family !== 'procfs') continue;
    const group = groups.get(event.path) ?? { path: event.path, read: undefined, writes: [] };
    if (event.access === 'read') group.read = { probe, event };
    else group.writes = [...group.writes, { probe, event }];
    groups.set(event.path, group);
  }
  return [...groups.values()];
}

/** Bytes of text the file's buffer holds; a read probe's size also bounds the writes of its path. */
function bufferCapacity(group: ProcfsGroup, defaultSize: number): number {
  const size = group.read?.event.maxSize;
  if (size !== undefined) return clampToNumber(size, 1, LARGEST_BUFFER) - 1;
  return group.read === undefined ? LARGEST_BUFFER : defaultSize - 1;
}

/**
 * Permission bits: `umask` takes bits away from 0444 and 0222, by default all but the owner's. A file left without
 * any bit gets 0444, as the kernel's /proc does.
 */
function fileMode(
  readUmask: Int64 | undefined,
  writeUmask: Int64 | undefined,
  readable: boolean,
  writable: boolean,
): number {
  const readMode = readable ? READ_BITS : 0;
  const writeMode = writable ? WRITE_BITS : 0;
  const hidden =
    (readable ? umaskBits(readUmask, READ_UMASK_DEFAULT) : 0) |
    (writable ? umaskBits(writeUmask, WRITE_UMASK_DEFAULT) : 0);
  const mode = (readMode | writeMode) & ~hidden;
  return mode === 0 ? READ_BITS : mode;
}

function umaskBits(umask: Int64 | undefined, fallback: number): number {
  return umask === undefined ? fallback : Number(BigInt.asUintN(9, BigInt(umask)));
}

function serveRead(
  runner: ProcfsRunner,
  probe: CompiledProbe,
  accessor: Accessor,
  capacity: number,
): ReadOutcome {
  const { outcome, content } = runner.read(probe, accessor, capacity);
  return outcome === 'refused' ? { errno: EIO } : { content };
}

/**
 * One write(2): every `eventBytes` of it are an event for all handlers in order. When a handler fails, the
 * writer learns it once: as a short count if earlier events succeeded, as EIO otherwise.
 */
function serveWrite(
  runner: ProcfsRunner,
  probes: readonly CompiledProbe[],
  accessor: Accessor,
  data: string,
  eventBytes: number,
): WriteOutcome {
  let written = 0;
  do {
    const event = data.length <= eventBytes ? data : detachedPart(data, written, written + eventBytes);
    const outcomes = probes.map((probe) => runner.write(probe, accessor, event));
    const failed = outcomes[0] === 'refused' || outcomes.includes('failed');
    if (failed) return written > 0 ? { written } : { errno: EIO };
    written += event.length;
  } while (written < data.length);
  return { written };
}
