import type { Clock } from './handler-context.ts';
import type { HandlerState } from './handler-state.ts';
import type { LineOrigin } from './json-lines.ts';
import { LITTLE_ENDIAN } from './native-memory.ts';

/** Where the output of the handler at work comes from. An event happened before its handler runs. */
export function handlerOrigin({ pp, process, event }: HandlerState, clock: Clock): LineOrigin {
  const { tid } = process;
  if (event === undefined) {
    const execname = process.execname();
    return { realtimeNs: clock.realtimeNs(), probe: pp, pid: process.pid(), tid, execname };
  }
  return {
    realtimeNs: event.monotonicNs + clock.wallMinusMonotonicNs(),
    probe: pp,
    pid: event.pid,
    tid: event.tid,
    // Not looked up afterwards: the process may be another one by then.
    ...(event.word('execname:0') !== undefined && { execname: process.execname() }),
    cpu: event.cpu,
  };
}

/** Where the output of a handler in the kernel comes from, whose record begins at `start`; see event-record.ts. */
export function recordOrigin(
  view: DataView,
  start: number,
  probe: string | undefined,
  clock: Clock,
): LineOrigin {
  return {
    realtimeNs: view.getBigUint64(start + 8, LITTLE_ENDIAN) + clock.wallMinusMonotonicNs(),
    ...(probe !== undefined && { probe }),
    pid: view.getUint32(start + 16, LITTLE_ENDIAN),
    tid: view.getUint32(start + 20, LITTLE_ENDIAN),
    cpu: view.getUint32(start + 24, LITTLE_ENDIAN),
  };
}
