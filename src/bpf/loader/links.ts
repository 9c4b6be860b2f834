import { BPF_COMMAND, newAttributes } from './attributes.ts';
import { failedCall } from './error-number.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

const BPF_PERF_EVENT = 41;
const BPF_TRACE_UPROBE_MULTI = 48;
const BPF_TRACE_KPROBE_MULTI = 42;
const BPF_TRACE_ITER = 28;
const BPF_F_UPROBE_MULTI_RETURN = 1;
const BPF_F_KPROBE_MULTI_RETURN = 1;

/** A program attached somewhere. It ends with `close`, or with the process. */
export interface ProbeLink {
  readonly fd: number;
  /** Detaches; runs under way may still finish. */
  close(): void;
}

/** A place in a file, in bytes from its start. The cookie tells places apart in a shared program. */
export interface UserSite {
  readonly offset: number;
  readonly cookie: number;
  /** Of the counter of a mark that its program looks at before it prepares arguments. */
  readonly semaphoreOffset?: number;
}

/** Attaches a raw tracepoint program by name of the tracepoint. Throws `KernelProbeError`. */
export function attachRawTracepoint(calls: LoaderSystemCalls, program: number, name: string): ProbeLink {
  const text = Buffer.from(`${name}\0`, 'latin1');
  return openTracing(calls, program, calls.address(text), `attach to the tracepoint ${name}`, text);
}

/** Attaches a tracing program to what it was loaded for; `what` names that in messages. Throws `KernelProbeError`. */
export function attachTracing(calls: LoaderSystemCalls, program: number, what: string): ProbeLink {
  return openTracing(calls, program, 0n, `attach to ${what}`);
}

/**
 * Attaches a program loaded with `isMulti` to many places of a file, a byte string, in every process or in one. Throws
 * `KernelProbeError`; then it is attached to none.
 */
export function attachUserSites(
  calls: LoaderSystemCalls,
  program: number,
  target: { readonly path: string; readonly isReturn: boolean; readonly pid?: number },
  sites: readonly UserSite[],
): ProbeLink {
  const path = Buffer.from(`${target.path}\0`, 'latin1');
  const offsets = numbers(sites.map((site) => site.offset));
  const cookies = numbers(sites.map((site) => site.cookie));
  const semaphores = numbers(sites.map((site) => site.semaphoreOffset ?? 0));
  const hasSemaphores = sites.some((site) => site.semaphoreOffset !== undefined);
  const attributes = newAttributes();
  attributes.writeInt32LE(program, 0);
  attributes.writeUInt32LE(BPF_TRACE_UPROBE_MULTI, 8);
  attributes.writeBigUInt64LE(calls.address(path), 16);
  attributes.writeBigUInt64LE(calls.address(offsets), 24);
  attributes.writeBigUInt64LE(hasSemaphores ? calls.address(semaphores) : 0n, 32);
  attributes.writeBigUInt64LE(calls.address(cookies), 40);
  attributes.writeUInt32LE(sites.length, 48);
  attributes.writeUInt32LE(target.isReturn ? BPF_F_UPROBE_MULTI_RETURN : 0, 52);
  attributes.writeUInt32LE(target.pid ?? 0, 56);
  const link = calls.bpf(BPF_COMMAND.linkCreate, attributes);
  if (link < 0) throw failedCall(`attach to ${target.path}`, -link);
  return linkOf(calls, link);
}

/**
 * Attaches a program loaded for `kernel-functions` to functions of the kernel (Linux 5.18); the cookie of one is its
 * probe. Throws `KernelProbeError`; then it is attached to none.
 */
export function attachFunctions(
  calls: LoaderSystemCalls,
  program: number,
  functions: readonly { readonly symbol: string; readonly probe: number }[],
  isReturn: boolean,
): ProbeLink {
  const names = functions.map(({ symbol }) => Buffer.from(`${symbol}\0`, 'latin1'));
  const symbols = numbers(names.map((name) => calls.address(name)));
  const cookies = numbers(functions.map(({ probe }) => probe));
  const attributes = newAttributes();
  attributes.writeInt32LE(program, 0);
  attributes.writeUInt32LE(BPF_TRACE_KPROBE_MULTI, 8);
  attributes.writeUInt32LE(isReturn ? BPF_F_KPROBE_MULTI_RETURN : 0, 16);
  attributes.writeUInt32LE(functions.length, 20);
  attributes.writeBigUInt64LE(calls.address(symbols), 24);
  attributes.writeBigUInt64LE(calls.address(cookies), 40);
  const link = calls.bpf(BPF_COMMAND.linkCreate, attributes);
  // Reachable until here.
  names.length = 0;
  if (link < 0) throw failedCall('attach to functions of the kernel', -link);
  return linkOf(calls, link);
}

/**
 * Attaches a program to an event of perf_event_open(2), which the link keeps: `event` is closed here, whatever
 * happens. `what` names the event in messages. Throws `KernelProbeError`.
 */
export function attachPerfEvent(
  calls: LoaderSystemCalls,
  program: number,
  event: number,
  cookie: number,
  what: string,
): ProbeLink {
  const attributes = newAttributes();
  attributes.writeInt32LE(program, 0);
  attributes.writeInt32LE(event, 4);
  attributes.writeUInt32LE(BPF_PERF_EVENT, 8);
  attributes.writeBigUInt64LE(BigInt(cookie), 16);
  const link = calls.bpf(BPF_COMMAND.linkCreate, attributes);
  calls.close(event);
  if (link < 0) throw failedCall(`attach to ${what}`, -link);
  return linkOf(calls, link);
}

/** Makes an iterator of a program of that type over the elements of a map. Throws `KernelProbeError`. */
export function attachIterator(
  calls: LoaderSystemCalls,
  program: number,
  map: number,
  what: string,
): ProbeLink {
  // union bpf_iter_link_info.
  const over = Buffer.alloc(16);
  over.writeInt32LE(map, 0);
  const attributes = newAttributes();
  attributes.writeInt32LE(program, 0);
  attributes.writeUInt32LE(BPF_TRACE_ITER, 8);
  attributes.writeBigUInt64LE(calls.address(over), 16);
  attributes.writeUInt32LE(over.length, 24);
  const link = calls.bpf(BPF_COMMAND.linkCreate, attributes);
  // Reachable until here.
  over.fill(0);
  if (link < 0) throw failedCall(`make an iterator for ${what}`, -link);
  return linkOf(calls, link);
}

/** `keep` holds what the attributes point to until the call is over. */
function openTracing(
  calls: LoaderSystemCalls,
  program: number,
  name: bigint,
  action: string,
  keep?: Buffer,
): ProbeLink {
  const attributes = newAttributes();
  attributes.writeBigUInt64LE(name, 0);
  attributes.writeInt32LE(program, 8);
  const link = calls.bpf(BPF_COMMAND.rawTracepointOpen, attributes);
  if (link < 0) throw failedCall(action, -link);
  keep?.fill(0);
  return linkOf(calls, link);
}

/** The link behind a descriptor, which it owns from now on. */
export function linkOf(calls: LoaderSystemCalls, fd: number): ProbeLink {
  let isOpen = true;
  return {
    fd,
    close() {
      if (isOpen) calls.close(fd);
      isOpen = false;
    },
  };
}

function numbers(values: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(Math.max(values.length * 8, 8));
  values.forEach((value, index) => bytes.writeBigUInt64LE(BigInt(value), index * 8));
  return bytes;
}
