import { fromBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext } from '../handler-context.ts';
import { readProc, readProcStat, readProcStatus } from './proc-files.ts';

/*
 * A task is handled by its thread id, where SystemTap hands out the address of the kernel's structure.
 * Field numbers are those of /proc/PID/stat in proc(5).
 */
const PRIORITY_FIELD = 18;
const NICE_FIELD = 19;
const USER_TIME_FIELD = 14;
const SYSTEM_TIME_FIELD = 15;
const START_TIME_FIELD = 22;
const PROCESSOR_FIELD = 39;
/** Ticks per second of the times in /proc/PID/stat, and those of jiffies(). */
const USER_TICKS_PER_SECOND = 100;
const JIFFIES_PER_SECOND = 250;
const NS_PER_USER_TICK = 10000000n;

/** Tasks by thread id; stapfuncs(3stap), TASK and PROC_MEM. */
export const taskFunctions = {
  /** The task of that id, 0 when there is none. */
  pid2task: (context: HandlerContext, pid: Int64): Int64 =>
    readProc(context, pid, 'stat') === undefined ? 0 : pid,

  task_current: (context: HandlerContext): Int64 => context.process.tid,
  task_parent: (context: HandlerContext, task: Int64): Int64 => numberOf(context, task, 'PPid', 0),
  task_pid: (context: HandlerContext, task: Int64): Int64 => numberOf(context, task, 'Tgid', 0),

  /** At most 15 bytes; "" when there is no such task. */
  task_execname: (context: HandlerContext, task: Int64): string =>
    (readProc(context, task, 'comm') ?? '').replace(/\n$/, ''),

  task_uid: (context: HandlerContext, task: Int64): Int64 => numberOf(context, task, 'Uid', 0),
  task_euid: (context: HandlerContext, task: Int64): Int64 => numberOf(context, task, 'Uid', 1),
  task_gid: (context: HandlerContext, task: Int64): Int64 => numberOf(context, task, 'Gid', 0),
  task_egid: (context: HandlerContext, task: Int64): Int64 => numberOf(context, task, 'Gid', 1),

  /** The kernel's state bits: running 0, sleeping 1, uninterruptible 2, stopped 4, traced 8, dead 16, zombie 32. */
  task_state: (context: HandlerContext, task: Int64): Int64 => STATES.get(statOf(context, task).state) ?? 0,

  task_prio: (context: HandlerContext, task: Int64): Int64 => statOf(context, task).field(PRIORITY_FIELD),
  task_nice: (context: HandlerContext, task: Int64): Int64 => statOf(context, task).field(NICE_FIELD),
  task_cpu: (context: HandlerContext, task: Int64): Int64 => statOf(context, task).field(PROCESSOR_FIELD),

  /** Size of the task's table of open files. */
  task_max_file_handles: (context: HandlerContext, task: Int64): Int64 =>
    numberOf(context, task, 'FDSize', 0),

  /** Soft limit by its number; -1 for an unknown one and for no limit. */
  task_rlimit: (context: HandlerContext, task: Int64, limit: Int64): Int64 => {
    const row = LIMIT_ROWS[Number(limit)];
    const lines = (readProc(context, task, 'limits') ?? '').split('\n');
    const line = row === undefined ? undefined : lines.find((candidate) => candidate.startsWith(row));
    const soft = line === undefined || row === undefined ? '' : line.slice(row.length).trim().split(/\s+/)[0];
    return soft === undefined || soft === '' || soft === 'unlimited' ? -1 : fromBigInt(BigInt(soft));
  },

  /** CPU time in jiffies. */
  task_utime: (context: HandlerContext, task: Int64): Int64 =>
    jiffies(statOf(context, task).field(USER_TIME_FIELD)),
  task_stime: (context: HandlerContext, task: Int64): Int64 =>
    jiffies(statOf(context, task).field(SYSTEM_TIME_FIELD)),

  /** Nanoseconds between boot and the start of the task. */
  task_start_time: (context: HandlerContext, task: Int64): Int64 =>
    fromBigInt(BigInt(statOf(context, task).field(START_TIME_FIELD)) * NS_PER_USER_TICK),

  /** A column of /proc/PID/statm, in pages: 0 size, 1 rss, 2 shr, 3 txt, 5 data. */
  task_memory_pages: (context: HandlerContext, task: Int64, column: Int64): Int64 =>
    Number((readProc(context, task, 'statm') ?? '').split(' ')[Number(column)] ?? 0),

  /** Fields of /proc/loadavg, of which there are three. */
  loadavg: (context: HandlerContext, index: Int64): string => {
    const loads = context.session.files?.read('/proc/loadavg')?.split(' ').slice(0, 3);
    if (index < 0 || index > 2) throw new ScriptError(`Invalid loadavg index ${index} specified.`);
    return loads?.[Number(index)] ?? '0.00';
  },
};

const STATES: ReadonlyMap<string, number> = new Map([
  ['R', 0],
  ['S', 1],
  ['D', 2],
  ['T', 4],
  ['t', 8],
  ['X', 16],
  ['Z', 32],
  ['P', 64],
  ['I', 1026],
]);

/** Names of /proc/PID/limits by the number of the limit. */
const LIMIT_ROWS = [
  'Max cpu time',
  'Max file size',
  'Max data size',
  'Max stack size',
  'Max core file size',
  'Max resident set',
  'Max processes',
  'Max open files',
  'Max locked memory',
  'Max address space',
  'Max file locks',
  'Max pending signals',
  'Max msgqueue size',
  'Max nice priority',
  'Max realtime priority',
  'Max realtime timeout',
];

function statOf(
  context: HandlerContext,
  task: Int64,
): { field(number: number): number; readonly state: string } {
  return readProcStat(context, task) ?? { field: () => 0, state: '' };
}

/** A number of a line of /proc/PID/status with several of them; 0 when there is no such task. */
function numberOf(context: HandlerContext, task: Int64, name: string, position: number): number {
  const words = (readProcStatus(context, task, name) ?? '0').split(/\s+/);
  return Number(words[position] ?? 0);
}

function jiffies(userTicks: number): number {
  return Math.trunc((userTicks * JIFFIES_PER_SECOND) / USER_TICKS_PER_SECOND);
}
