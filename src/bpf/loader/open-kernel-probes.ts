import { release as kernelRelease } from 'node:os';
import { toUnsignedBigInt, type Int64 } from '../../int64/int64.ts';
import {
  CELLS,
  MODULE_STATE,
  SYSCALL_SLOTS,
  WELL_KNOWN_MAPS,
  type KernelMap,
  type KernelPart,
} from '../../module/kernel-part.ts';
import type { KernelProbes, MemoryRead } from '../../runtime/kernel-event.ts';
import type { KernelMaps } from '../../runtime/kernel-maps.ts';
import { attachSites } from './attach-sites.ts';
import { KernelFeatures } from './features.ts';
import { openKernelMemory, type KernelMemory } from './kernel-memory.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import { kernelMapAccess } from './kernel-map-access.ts';
import { attachIterator, linkOf, type ProbeLink } from './links.ts';
import { BpfMap, createMap } from './maps.ts';
import { closePrograms, loadPrograms, type LoadedProgram } from './load-programs.ts';
import { openRingBuffer, type RingBuffer } from './ring-buffer.ts';
import { loadLoaderSystemCalls, type LoaderSystemCalls } from './system-calls.ts';
import { checkPrograms, type UserProbeWay } from './user-sites.ts';

/** What the kernel half of a module needs from this process. */
export interface KernelProbePorts {
  /**
   * Gets each record of the ring buffer, of any kind; the memory is valid during the call. False: no further one for
   * now (`Engine.takeRecord`).
   */
  readonly take: (record: Uint8Array) => boolean;
  /** What target() answers. */
  readonly target: number;
  /** Takes a sentence about what is not probed, although the rest is. */
  readonly warn: (text: string) => void;
  /** How functions of programs are probed; by default at once where the kernel can. */
  readonly userProbes?: UserProbeWay;
  /** The system calls to use. */
  readonly calls?: LoaderSystemCalls;
}

/** The kernel half of a module while it runs. */
export interface OpenKernelProbes extends KernelProbes {
  readonly maps: KernelMaps;
  /** What `attach` does, but the probes stay silent until `attach`. Throws `KernelProbeError`. */
  link(): void;
  /**
   * After `link`, takes the place of `previous`: events from now on are recorded here, for when `attach` has been called,
   * and not there, where what has been recorded can still be drained.
   */
  relieve(previous: OpenKernelProbes | undefined): void;
  /** Records nothing any more, attached as it is. */
  mute(): void;
  /** What another process needs to go on with it, see `adoptKernelProbes`. */
  descriptors(): KernelDescriptors;
  /** Once `link` was called: the iterators that shall serve files; not those of an adopted part. They end with `detach`. */
  readonly iterators: readonly FileIterator[];
  /** The end of it here: detaches, and gives the maps up. Nothing can be drained any more; `maps.cells` stays readable. */
  close(): void;
}

/** An iterator for a file of the module. */
export interface FileIterator {
  /** Relative to the module directory. */
  readonly path: string;
  readonly link: ProbeLink;
}

/** Descriptors that hold a kernel part while it runs. They are close-on-exec. */
export interface KernelDescriptors {
  /** By index of the part's maps. */
  readonly maps: readonly number[];
  readonly links: readonly number[];
}

const EFAULT = 14;
/** Time in which a program that read the state just before it changed has ended. */
const SETTLE_NS = 20_000n;

/**
 * Creates the maps and loads the programs of a kernel part; `attach` makes them fire. Throws `KernelProbeError`, and
 * leaves nothing behind, when the part is of another kernel, the process is not allowed to, or the kernel refuses.
 */
export function openKernelProbes(part: KernelPart, ports: KernelProbePorts): OpenKernelProbes {
  checkRelease(part);
  const calls = ports.calls ?? loadLoaderSystemCalls();
  const maps: BpfMap[] = [];
  try {
    for (const shape of part.maps) maps.push(createMap(calls, shape));
    const probes = new RunningKernelProbes(part, ports, calls, maps);
    probes.prepare();
    return probes;
  } catch (error) {
    for (const map of maps) map.close();
    const isForbidden = error instanceof KernelProbeError && error.code === 'EPERM' && maps.length === 0;
    if (!isForbidden) throw error;
    throw new KernelProbeError('EPERM', 'probes in the kernel need root, or CAP_BPF and CAP_PERFMON');
  }
}

/**
 * Goes on with a kernel part that another process opened and attached: its descriptors have been inherited and belong to
 * the result from now on. Nothing was missed: records wait in the ring buffer. Throws `KernelProbeError`.
 */
export function adoptKernelProbes(
  part: KernelPart,
  ports: KernelProbePorts,
  descriptors: KernelDescriptors,
): OpenKernelProbes {
  const calls = ports.calls ?? loadLoaderSystemCalls();
  const own = (fd: number): number => {
    calls.ioctl(fd, FIOCLEX, 0);
    return fd;
  };
  const mapOf = (shape: KernelMap, index: number): BpfMap =>
    new BpfMap(calls, shape, own(descriptors.maps[index] ?? -1));
  const links = descriptors.links.map((fd) => linkOf(calls, own(fd)));
  return new RunningKernelProbes(part, ports, calls, part.maps.map(mapOf), links);
}

/** Sets close-on-exec (asm-generic/ioctls.h, the same on all architectures that are supported). */
const FIOCLEX = 0x5451;

class RunningKernelProbes implements OpenKernelProbes {
  readonly maps: KernelMaps;
  readonly #part: KernelPart;
  readonly #ports: KernelProbePorts;
  readonly #calls: LoaderSystemCalls;
  readonly #maps: readonly BpfMap[];
  readonly #ring: RingBuffer;
  readonly #state: Int32Array;
  #programs: readonly LoadedProgram[] = [];
  #links: readonly ProbeLink[] | undefined;
  #iterators: readonly FileIterator[] = [];
  #kernelMemory: KernelMemory | undefined;

  /** `links`: attached already. */
  constructor(
    part: KernelPart,
    ports: KernelProbePorts,
    calls: LoaderSystemCalls,
    maps: readonly BpfMap[],
    links?: readonly ProbeLink[],
  ) {
    this.#part = part;
    this.#ports = ports;
    this.#calls = calls;
    this.#maps = maps;
    this.maps = kernelMapAccess(part, maps);
    this.#ring = openRingBuffer(calls, this.#map(WELL_KNOWN_MAPS.ring));
    this.#state = new Int32Array(this.maps.cells.buffer, CELLS.state, 1);
    this.#links = links;
    this.maps.cells.setBigInt64(CELLS.engine, BigInt(process.pid), true);
  }

  get skipped(): KernelProbes['skipped'] {
    return {
      lostRecords: this.#counter(CELLS.lostRecords),
      nested: this.#counter(CELLS.skippedNested),
    };
  }

  /** Everything but attaching. */
  prepare(): void {
    // Better now than when begin probes have run; and once more when it counts.
    checkPrograms(this.#part.sites);
    this.maps.cells.setBigInt64(CELLS.target, BigInt(this.#ports.target), true);
    const features = new KernelFeatures(this.#calls);
    const canMulti = (): boolean =>
      this.#ports.userProbes !== 'perf' && features.missing('uprobe-multi') === undefined;
    this.#programs = loadPrograms(this.#calls, this.#part, this.#maps, canMulti);
    try {
      this.#fillSyscalls();
    } catch (error) {
      this.#closePrograms();
      throw error;
    }
  }

  attach(): void {
    this.link();
    this.#setState(MODULE_STATE.running);
  }

  relieve(previous: OpenKernelProbes | undefined): void {
    previous?.mute();
    // Globals that live here have no value yet, so handlers wait.
    this.#setState(MODULE_STATE.paused);
  }

  mute(): void {
    this.#setState(MODULE_STATE.off);
  }

  link(): void {
    if (this.#links !== undefined) return;
    checkPrograms(this.#part.sites);
    this.#links = attachSites(this.#calls, this.#part, this.#programs, this.#ports.warn);
    this.#iterators = this.#newIterators();
    // Links and the map of system calls hold them from now on.
    this.#closePrograms();
  }

  get iterators(): readonly FileIterator[] {
    return this.#iterators;
  }

  drain(): void {
    this.#ring.drain(this.#ports.take);
  }

  pause(): void {
    if (Atomics.load(this.#state, 0) !== MODULE_STATE.running) return;
    this.#setState(MODULE_STATE.paused);
    const until = process.hrtime.bigint() + SETTLE_NS;
    while (process.hrtime.bigint() < until);
  }

  unpause(): void {
    if (Atomics.load(this.#state, 0) === MODULE_STATE.paused) this.#setState(MODULE_STATE.running);
  }

  detach(): void {
    this.mute();
    for (const link of this.#links ?? []) link.close();
    for (const { link } of this.#iterators) link.close();
    this.#links = [];
    this.#iterators = [];
    this.#closePrograms();
  }

  close(): void {
    this.detach();
    this.#kernelMemory?.close();
    this.#ring.close();
    for (const map of this.#maps) map.close();
  }

  kernelHits(probe: number): number {
    return this.#counter(CELLS.hits + probe * 8);
  }

  readMemory(space: 'kernel' | 'user', pid: number, address: Int64, size: number): MemoryRead {
    if (space === 'kernel') return this.#lateKernelMemory().read(address, size);
    const bytes = Buffer.alloc(size);
    const result = this.#calls.readProcess(pid, toUnsignedBigInt(address), bytes);
    if (result < 0) return result;
    return result === size ? bytes.toString('latin1') : -EFAULT;
  }

  descriptors(): KernelDescriptors {
    return { maps: this.#maps.map(({ fd }) => fd), links: (this.#links ?? []).map(({ fd }) => fd) };
  }

  /** Where the kernel refuses, the handler goes on serving the file. */
  #newIterators(): readonly FileIterator[] {
    const over = this.#map(WELL_KNOWN_MAPS.cells).fd;
    return (this.#part.files ?? []).flatMap((file) => {
      const program = 'program' in file ? this.#programs[file.program] : undefined;
      if (program === undefined) return [];
      try {
        if (program.refusal !== undefined) throw program.refusal;
        return { path: file.path, link: attachIterator(this.#calls, program.fd, over, file.path) };
      } catch (error) {
        if (!(error instanceof KernelProbeError)) throw error;
        this.#ports.warn(`the kernel does not serve the file ${file.path}: ${error.message}`);
        return [];
      }
    });
  }

  /** Opened when somebody first reads; where the kernel refuses, all of it faults. */
  #lateKernelMemory(): KernelMemory {
    try {
      this.#kernelMemory ??= openKernelMemory(this.#calls);
    } catch (error) {
      if (!(error instanceof KernelProbeError)) throw error;
      this.#kernelMemory = { read: () => -EFAULT, close: () => undefined };
    }
    return this.#kernelMemory;
  }

  /** The programs of system calls, which the dispatch programs of sys_enter and sys_exit go on with. */
  #fillSyscalls(): void {
    for (const site of this.#part.sites) {
      if (site.kind !== 'syscall') continue;
      const slot = site.slot ?? (site.access === 'enter' ? 0 : SYSCALL_SLOTS) + site.number;
      const program = this.#programs[site.program];
      if (program === undefined) throw new RangeError(`no program ${site.program} in the kernel part`);
      this.#map(WELL_KNOWN_MAPS.syscalls).setProgram(slot, program.fd);
    }
  }

  #closePrograms(): void {
    closePrograms(this.#calls, this.#programs);
    this.#programs = [];
  }

  #map(index: number): BpfMap {
    const map = this.#maps[index];
    if (map === undefined) throw new RangeError(`no map ${index} in the kernel part`);
    return map;
  }

  #setState(state: number): void {
    Atomics.store(this.#state, 0, state);
  }

  #counter(offset: number): number {
    return Number(this.maps.cells.getBigUint64(offset, true));
  }
}

function checkRelease({ release }: KernelPart): void {
  const running = kernelRelease();
  if (release === running) return;
  throw new KernelProbeError(
    'ENOEXEC',
    `the script was compiled for the kernel ${release}, but ${running} is running; compile it again`,
  );
}
