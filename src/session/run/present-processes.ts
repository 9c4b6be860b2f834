import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { ProcessProbeEvent } from '../../module/probe-event.ts';
import type { Engine } from '../../runtime/engine.ts';
import type { KernelEvent, KernelProbes } from '../../runtime/kernel-event.ts';

const EFAULT = 14;

/** A process, or one of its threads, that runs already when the probes are attached. */
interface PresentProcess {
  readonly pid: number;
  readonly parent: number;
  /** Threads besides the first one. */
  readonly threads: () => readonly number[];
}

/** Whose the probes without a process are; 0: everybody's. A command of -c begins by itself. */
export interface PresentTarget {
  readonly pid: number;
  readonly isCommand: boolean;
}

/**
 * `process.begin` and `process.thread.begin` for the processes that run already: with the attached probes their watch
 * begins. Nothing of /proc is read for scripts without such probes.
 */
export function beginPresentProcesses(
  { probes }: Pick<CompiledModule, 'probes'>,
  engine: Pick<Engine, 'fire' | 'state'>,
  target: PresentTarget,
  kernel?: Pick<KernelProbes, 'readMemory'>,
): void {
  const wanted = [...probes.entries()].flatMap(([index, { event }]) =>
    event.family === 'process' && isBegin(event) ? [{ index, event, isOf: processTest(event, target) }] : [],
  );
  if (wanted.length === 0) return;
  const present = presentProcesses();
  const parents = new Map(present.map(({ pid, parent }) => [pid, parent]));
  for (const process of present)
    for (const { index, event, isOf } of wanted) {
      if (!isOf(process, parents)) continue;
      for (const tid of event.what === 'begin' ? [process.pid] : process.threads()) {
        if (engine.state !== 'RUNNING') return;
        engine.fire(index, eventOf(process.pid, tid, kernel));
      }
    }
}

function isBegin({ what }: ProcessProbeEvent): boolean {
  return what === 'begin' || what === 'thread.begin';
}

type ProcessTest = (process: PresentProcess, parents: ReadonlyMap<number, number>) => boolean;

function processTest({ pid, path }: ProcessProbeEvent, target: PresentTarget): ProcessTest {
  if (pid !== undefined) return (process) => process.pid === pid;
  if (path !== undefined) {
    const file = fileIdentity(path);
    return (process) => file !== undefined && fileIdentity(`/proc/${process.pid}/exe`) === file;
  }
  if (target.pid === 0) return () => true;
  return (process, parents) => !target.isCommand && descends(process.pid, target.pid, parents);
}

function descends(pid: number, from: number, parents: ReadonlyMap<number, number>): boolean {
  const seen = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && !seen.has(at); at = parents.get(at)) {
    if (at === from) return true;
    seen.add(at);
  }
  return false;
}

/** In ascending order; neither this process nor threads of the kernel, which run no program. */
function presentProcesses(): readonly PresentProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((pid) => presentProcess(pid) ?? []);
}

function presentProcess(pid: number): PresentProcess | undefined {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
    return { pid, parent, threads: () => threadsOf(pid) };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map(Number)
      .filter((tid) => tid !== pid);
  } catch {
    return [];
  }
}

function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(Buffer.from(path, 'latin1'));
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** Nothing was captured; the run time looks up what it is asked for. */
function eventOf(
  pid: number,
  tid: number,
  kernel: Pick<KernelProbes, 'readMemory'> | undefined,
): KernelEvent {
  return {
    monotonicNs: process.hrtime.bigint(),
    cpu: 0,
    pid,
    tid,
    word: () => undefined,
    readMemory: (space, address, size) => kernel?.readMemory(space, pid, address, size) ?? -EFAULT,
    readString: () => -EFAULT,
    stack: () => [],
  };
}
