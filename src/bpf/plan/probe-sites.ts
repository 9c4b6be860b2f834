import { fromBigInt, type Int64 } from '../../int64/int64.ts';
import { CELLS, type KernelProgram, type KernelSite } from '../../module/kernel-part.ts';
import type { KernelProbeEvent, PerfProbeEvent, ProcessProbeEvent } from '../../module/probe-event.ts';
import type { KernelFacts, ProbeEnvironment } from '../../probes/kernel-facts.ts';
import type { KernelContext, LongExpression } from '../ir.ts';
import { binary, conditional, constant, logical, negation } from './fold.ts';
import { siteSource, type Architecture } from './site-source.ts';
import type { EventSource } from './event-source.ts';
import { taskField } from './task-words.ts';
import { kernelField } from './kernel-field.ts';

/** What sites are planned with. */
export interface SiteFacts {
  readonly environment: ProbeEnvironment;
  readonly architecture: Architecture;
  /** Inode number of a file; undefined when there is none. */
  readonly inodeOf: (path: string) => Int64 | undefined;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A place where a probe's program is attached. */
export interface ProbeSite {
  readonly program: Pick<KernelProgram, 'type' | 'expectedAttach' | 'btfId' | 'isMulti'>;
  readonly context: KernelContext;
  readonly source: EventSource;
  /** 0 for what the place sees but the probe is not about. */
  readonly guard?: LongExpression;
  /** The program may be that of other probes too: a cookie tells which one fired. */
  readonly isShared: boolean;
  readonly site: DistributiveOmit<KernelSite, 'program' | 'probe'>;
}

/** Where the probe of an event is attached; none for a counter, which is only read. */
export function probeSites(event: KernelProbeEvent, facts: SiteFacts): readonly ProbeSite[] {
  const source = (context: KernelContext, isReturn = false): EventSource =>
    siteSource(context, isReturn, facts.environment.kernel, facts.architecture);
  switch (event.family) {
    case 'tracepoint':
      return [
        {
          // Arguments are plain numbers for the verifier, other than those of typed tracepoints.
          program: { type: 'raw-tracepoint' },
          context: 'tracepoint',
          source: source('tracepoint'),
          isShared: false,
          site: { kind: 'tracepoint', name: event.name },
        },
      ];
    case 'syscall': {
      const context = event.access === 'enter' ? 'syscall-enter' : 'syscall-exit';
      return [
        {
          program: { type: 'raw-tracepoint' },
          context,
          source: source(context),
          isShared: false,
          site: { kind: 'syscall', number: event.number, access: event.access },
        },
      ];
    }
    case 'kernel-function':
      return [kernelFunctionSite(event, facts)];
    case 'user': {
      const { path, buildId, offset, isReturn, semaphoreOffset, pid } = event;
      return [
        {
          program: { type: 'kprobe', isMulti: true },
          context: 'registers',
          source: source('registers', isReturn),
          guard: OUTSIDE_OF_ENGINE,
          isShared: true,
          site: {
            kind: 'user',
            path,
            offset,
            isReturn,
            ...(buildId !== undefined && { buildId }),
            ...(semaphoreOffset !== undefined && { semaphoreOffset }),
            ...(pid !== undefined && { pid }),
          },
        },
      ];
    }
    case 'process':
      return processSites(event, facts);
    case 'perf':
      return event.counter === undefined ? [perfSite(event, facts)] : [];
  }
}

function kernelFunctionSite(
  { symbol, isReturn, by }: Extract<KernelProbeEvent, { family: 'kernel-function' }>,
  { environment: { kernel }, architecture }: SiteFacts,
): ProbeSite {
  const found = kernel.functionProbes();
  const isFentry = by === undefined && 'by' in found && found.by === 'fentry';
  const btfId = isFentry ? kernel.functionFacts(symbol)?.btfId : undefined;
  if (btfId === undefined)
    return {
      program: { type: 'kprobe' },
      context: 'registers',
      source: siteSource('registers', isReturn, kernel, architecture),
      isShared: true,
      site: { kind: 'kernel-function', symbol, isReturn, by: 'kprobe' },
    };
  const context = isReturn ? 'fexit' : 'fentry';
  return {
    program: { type: 'tracing', expectedAttach: context, btfId },
    context,
    source: siteSource(context, isReturn, kernel, architecture),
    isShared: false,
    site: { kind: 'kernel-function', symbol, isReturn, by: 'fentry' },
  };
}

function perfSite(event: PerfProbeEvent, facts: SiteFacts): ProbeSite {
  const { type, config, sampleEvery, frequencyHz, process } = event;
  const guard = process === undefined ? undefined : process === '' ? ofTarget() : ofProgram(process, facts);
  return {
    program: { type: 'perf-event' },
    context: 'registers',
    source: siteSource('registers', false, facts.environment.kernel, facts.architecture),
    ...(guard && { guard }),
    isShared: true,
    site: {
      kind: 'perf',
      type,
      config,
      ...(sampleEvery !== undefined && { sampleEvery }),
      ...(frequencyHz !== undefined && { frequencyHz }),
    },
  };
}

/** Numbers of the system calls that make processes and threads. */
const CLONING: Readonly<Record<Architecture, readonly number[]>> = {
  x86_64: [56, 57, 58, 435],
  arm64: [220, 435],
};
/** Generations between a process and the target whose family it belongs to. */
const FAMILY_DEPTH = 6;
const WORD_BYTES = 8;
/** Bytes of a task's name with its NUL. */
const COMM_BYTES = 16;
const PID: LongExpression = { kind: 'fact', fact: 'pid' };
const TID: LongExpression = { kind: 'fact', fact: 'tid' };
/** A handler of malloc() would call malloc() as often as it runs, without end. */
const OUTSIDE_OF_ENGINE = binary('!=', PID, { kind: 'cell', offset: CELLS.engine });

/**
 * A process begins where it runs a new program, or comes back from the call that made it; a thread likewise. Both end
 * where the scheduler is told so.
 */
function processSites(event: ProcessProbeEvent, facts: SiteFacts): readonly ProbeSite[] {
  const owner = ownerGuard(event, facts);
  const isLeader = binary('==', PID, TID);
  const at = (name: string, context: KernelContext, test: LongExpression): ProbeSite => ({
    program: { type: 'raw-tracepoint' },
    context,
    source: siteSource(context, false, facts.environment.kernel, facts.architecture),
    guard: logical('&&', test, owner),
    isShared: false,
    site: { kind: 'tracepoint', name },
  });
  const always = constant(1);
  const isNew = logical(
    '&&',
    binary('==', { kind: 'syscall-result' }, constant(0)),
    CLONING[facts.architecture]
      .map((number) => binary('==', { kind: 'syscall-number' }, constant(number)))
      .reduce((left, right) => logical('||', left, right)),
  );
  switch (event.what) {
    case 'begin':
      return [
        at('sched_process_exec', 'tracepoint', always),
        at('sys_exit', 'syscall-exit', logical('&&', isNew, isLeader)),
      ];
    case 'thread.begin':
      return [at('sys_exit', 'syscall-exit', logical('&&', isNew, negation(isLeader)))];
    case 'end':
      return [at('sched_process_exit', 'tracepoint', isLeader)];
    case 'thread.end':
      return [at('sched_process_exit', 'tracepoint', negation(isLeader))];
    case 'syscall':
      return [at('sys_enter', 'syscall-enter', always)];
    case 'syscall.return':
      return [at('sys_exit', 'syscall-exit', always)];
  }
}

function ownerGuard({ pid, path }: ProcessProbeEvent, facts: SiteFacts): LongExpression {
  if (pid !== undefined) return binary('==', PID, constant(pid));
  if (path !== undefined) return ofProgram(path, facts);
  const { command, pid: target } = facts.environment.target;
  return command === undefined && target === undefined
    ? constant(1)
    : ofTargetFamily(facts.environment.kernel);
}

function ofTarget(): LongExpression {
  return binary('==', PID, { kind: 'cell', offset: CELLS.target });
}

/** The target of -c and -x, and what it started. */
function ofTargetFamily(kernel: KernelFacts): LongExpression {
  const parents = Array.from({ length: FAMILY_DEPTH }, (_, depth) =>
    taskField(kernel, [...Array.from({ length: depth + 1 }, () => 'real_parent'), 'tgid']),
  );
  return parents.reduce<LongExpression>(
    (guard, tgid) =>
      tgid === undefined
        ? guard
        : logical('||', guard, binary('==', tgid, { kind: 'cell', offset: CELLS.target })),
    ofTarget(),
  );
}

/**
 * The process runs that program: same inode, and a name that begins alike. One that ends may have given its memory back
 * already, it goes by its own name.
 */
function ofProgram(path: string, { environment: { kernel }, inodeOf }: SiteFacts): LongExpression {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const comm = [0, WORD_BYTES].map((skipped) => taskField(kernel, ['comm'], skipped));
  const byName = beginsWith(comm, name.slice(0, COMM_BYTES - 1));
  const inode = inodeOf(path);
  const memory = taskField(kernel, ['mm']);
  const file = memory && kernelField(kernel, memory, 'mm_struct', ['exe_file']);
  const number = file && kernelField(kernel, file, 'file', ['f_inode', 'i_ino']);
  const text = file && kernelField(kernel, file, 'file', ['f_path', 'dentry', 'd_name', 'name']);
  if (inode === undefined || memory === undefined || number === undefined || text === undefined)
    return byName;
  const start: LongExpression = { kind: 'read', space: 'kernel', address: text, size: 8, signed: false };
  const sameFile = logical(
    '&&',
    binary('==', number, constant(inode)),
    beginsWith([start], name.slice(0, WORD_BYTES)),
  );
  return conditional(memory, sameFile, byName);
}

/** Whether memory, given in words, begins with a text and, where there is room, its NUL. */
function beginsWith(words: readonly (LongExpression | undefined)[], text: string): LongExpression {
  return words.reduce<LongExpression>((test, word, index) => {
    const part = `${text}\0`.slice(index * WORD_BYTES, (index + 1) * WORD_BYTES);
    if (part === '' || word === undefined) return test;
    const mask = wordOf('\xff'.repeat(part.length));
    return logical('&&', test, binary('==', binary('&', word, constant(mask)), constant(wordOf(part))));
  }, constant(1));
}

/** Bytes as they are in memory of a little-endian machine, as a number. */
function wordOf(bytes: string): Int64 {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index -= 1)
    value = (value << 8n) | BigInt(bytes.charCodeAt(index));
  return fromBigInt(value);
}
