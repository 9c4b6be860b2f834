import type { Int64 } from '../../int64/int64.ts';
import type { HandlerContext } from '../handler-context.ts';
import { readProcList, readProcStat } from './proc-files.ts';

const PROCESSOR_FIELD = 39;

/** The process in whose context the handler runs, and the session; stapfuncs(3stap), CONTEXT. */
export const processContextFunctions = {
  pid: (context: HandlerContext): Int64 => context.process.pid(),
  tid: (context: HandlerContext): Int64 => context.process.tid,
  ppid: (context: HandlerContext): Int64 => context.process.ppid(),
  pgrp: (context: HandlerContext): Int64 => context.process.pgrp(),
  sid: (context: HandlerContext): Int64 => context.process.sid(),
  uid: (context: HandlerContext): Int64 => context.process.uid(),
  euid: (context: HandlerContext): Int64 => context.process.euid(),
  gid: (context: HandlerContext): Int64 => context.process.gid(),
  egid: (context: HandlerContext): Int64 => context.process.egid(),
  execname: (context: HandlerContext): string => context.process.execname(),
  pexecname: (context: HandlerContext): string => context.process.pexecname(),

  /** Processor of the event, else the one that the process last ran on. */
  cpu: (context: HandlerContext): Int64 =>
    context.event?.cpu ?? readProcStat(context, context.process.tid)?.field(PROCESSOR_FIELD) ?? 0,

  target: (context: HandlerContext): Int64 => context.session.target,
  stp_pid: (context: HandlerContext): Int64 => context.session.stapPid,
  module_name: (context: HandlerContext): string => context.session.moduleName,

  /** "" when the variable is not set. */
  env_var: (context: HandlerContext, name: string): string => {
    const entry = readProcList(context, context.process.pid(), 'environ').find((item) =>
      item.startsWith(`${name}=`),
    );
    return entry?.slice(name.length + 1) ?? '';
  },

  /** Words `first` to `last` (-1: all from there on) joined; an empty word after the first shows as `""`. */
  cmdline_args: (context: HandlerContext, first: Int64, last: Int64, delimiter: string): string => {
    const end = last < 0 ? undefined : Number(last) + 1;
    return readProcList(context, context.process.pid(), 'cmdline')
      .slice(first < 0 ? 0 : Number(first), end)
      .map((word, index) => (word === '' && index > 0 ? '""' : word))
      .join(delimiter);
  },

  pp: (context: HandlerContext): string => context.pp,
  pn: (context: HandlerContext): string => context.pn,
  probe_type: (context: HandlerContext): string => context.probeType,

  /** Name of the probed function as the probe point tells it, "" when it names none. */
  ppfunc: (context: HandlerContext): string =>
    /\.(?:function|statement|inline|callee)\("([^"@]+)(?:@[^"]*)?"\)/.exec(context.pp)?.[1] ?? '',

  pnlabel: (context: HandlerContext): string => /\.label\("([^"]*)"\)/.exec(context.pn)?.[1] ?? '',

  /** Words after the script on stap's command line. */
  argument_count: (context: HandlerContext): Int64 => context.session.scriptArguments.length,

  /** The n-th of them from 1 on, "" beyond the last. */
  argument: (context: HandlerContext, index: Int64): string =>
    context.session.scriptArguments[Number(index) - 1] ?? '',
};
