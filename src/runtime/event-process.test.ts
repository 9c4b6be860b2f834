import { describe, expect, it } from 'vitest';
import type { Int64 } from '../int64/int64.ts';
import type { WordName } from '../module/event-record.ts';
import { EventProcess } from './event-process.ts';
import type { Accessor } from './pseudo-file.ts';
import { RecordEvent } from './record-event.ts';
import { kernelRecord } from './testing/kernel-record.ts';
import { fixedProcess } from './testing/memory-ports.ts';

function eventWith(words: Readonly<Record<string, Int64>>, tid = 501): RecordEvent {
  const event = new RecordEvent({ words: Object.keys(words) as WordName[], pieces: [] }, () => -14);
  const record = kernelRecord({ pid: 500, tid, words: Object.values(words) });
  event.present(record, 0, record.byteLength);
  return event;
}

/** A context for events, and the threads it looked up. */
function contextOf(): { readonly process: EventProcess; readonly asked: readonly Accessor[] } {
  const asked: Accessor[] = [];
  const process = new EventProcess((accessor) => {
    asked.push(accessor);
    return fixedProcess(accessor.tid, 'late');
  });
  return { process, asked };
}

describe('the process of an event', () => {
  it('is told by what was captured, without a look at the process itself', () => {
    const { process, asked } = contextOf();
    // "bash" and "a name of 15 by", as the kernel keeps them.
    const names = { 'pexecname:0': 0x68736162, 'pexecname:1': 0 };
    const name = { 'execname:0': 0x6f20656d616e2061n, 'execname:1': 0x00796220_35312066n };
    process.present(eventWith({ uid: 1000, gid: 100, euid: 4294967294, ppid: 1, ...names, ...name }));
    expect([process.pid(), process.tid, process.ppid()]).toEqual([500, 501, 1]);
    expect([process.uid(), process.gid(), process.euid()]).toEqual([1000, 100, 4294967294]);
    expect([process.execname(), process.pexecname()]).toEqual(['a name of 15 by', 'bash']);
    expect(asked).toEqual([]);
  });

  it('is looked up once for the rest, and anew for the next event', () => {
    const { process, asked } = contextOf();
    process.present(eventWith({ uid: 1000 }));
    expect([process.execname(), process.pgrp(), process.sid(), process.egid()]).toEqual([
      'late',
      501,
      501,
      0,
    ]);
    expect(asked).toEqual([{ tid: 501, uid: 1000, gid: 0 }]);
    process.present(eventWith({}, 777));
    expect([process.tid, process.pgrp()]).toEqual([777, 777]);
    expect(asked).toHaveLength(2);
  });
});
