import { CELLS } from '../../module/kernel-part.ts';
import type { Assembler } from '../assembler.ts';
import type { PrimitiveFact } from '../ir.ts';
import { writeCellLoad } from './cells.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

/** r0 = the fact. r1 to r5 are lost. */
export function writeFact(assembler: Assembler, fact: PrimitiveFact): void {
  switch (fact) {
    case 'pid':
      assembler.call('get_current_pid_tgid');
      assembler.alu('>>=', 'r0', 32);
      return;
    case 'tid':
      assembler.call('get_current_pid_tgid');
      assembler.alu32('=', 'r0', 'r0');
      return;
    case 'uid':
      assembler.call('get_current_uid_gid');
      assembler.alu32('=', 'r0', 'r0');
      return;
    case 'gid':
      assembler.call('get_current_uid_gid');
      assembler.alu('>>=', 'r0', 32);
      return;
    case 'cpu':
      assembler.call('get_smp_processor_id');
      return;
    case 'task':
      assembler.call('get_current_task');
      return;
    case 'cgroup':
      assembler.call('get_current_cgroup_id');
      return;
    case 'monotonic-ns':
      assembler.call('ktime_get_ns');
      return;
    case 'realtime-ns':
      assembler.call('ktime_get_ns');
      writeCellLoad(assembler, 'r1', CELLS.realtimeOffset);
      assembler.alu('+=', 'r0', 'r1');
      return;
    case 'jiffies':
      assembler.call('jiffies64');
      return;
    case 'random-u32':
      assembler.call('get_prandom_u32');
      return;
    case 'perf-counter':
      throw new UnwritableProgramError('a counter of the processor cannot be read there');
  }
}
