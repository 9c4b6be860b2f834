import { release } from 'node:os';
import { CELLS, type KernelPart, type KernelProgram, type KernelSite } from '../../../module/kernel-part.ts';
import { Assembler } from '../../assembler.ts';

/** Bytes of the records that these programs write: i64 what the program records, u64 of bpf_get_current_pid_tgid. */
export const RECORD_BYTES = 16;

/** What a program records: its cookie, or a number. */
type Mark = 'cookie' | number;

/** A program that writes a record for each event of the target's threads while the module runs. */
export function recorder(mark: Mark, rest: Partial<KernelProgram> = {}): KernelProgram {
  const code = new Assembler();
  const end = code.newLabel('end');
  code.alu('=', 'r6', 'r1');
  code.mapValue('r7', 0, 0);
  code.load(4, 'r1', 'r7', CELLS.state);
  code.jumpIf('==', 'r1', 0, end);
  code.call('get_current_pid_tgid');
  code.store(8, 'r10', -8, 'r0');
  code.alu('>>=', 'r0', 32);
  code.load(8, 'r1', 'r7', CELLS.target);
  code.jumpIf('!=', 'r0', 'r1', end);
  if (mark === 'cookie') {
    code.alu('=', 'r1', 'r6');
    code.call('get_attach_cookie');
  } else {
    code.constant('r0', mark);
  }
  code.store(8, 'r10', -16, 'r0');
  code.map('r1', 1);
  code.alu('=', 'r2', 'r10');
  code.alu('+=', 'r2', -16);
  code.constant('r3', RECORD_BYTES);
  code.constant('r4', 0);
  code.call('ringbuf_output');
  code.jumpIf('==', 'r0', 0, end);
  code.constant('r1', 1);
  code.atomic('add', 8, 'r7', CELLS.lostRecords, 'r1');
  code.bind(end);
  code.constant('r0', 0);
  code.exit();
  return { type: 'raw-tracepoint', ...assembled(code), name: 'recorder', ...rest };
}

/** A program of sys_enter that goes on with the program of the call's number. */
export function dispatcher(): KernelProgram {
  const code = new Assembler();
  code.load(8, 'r3', 'r1', 8);
  code.map('r2', 3);
  code.call('tail_call');
  code.constant('r0', 0);
  code.exit();
  return { type: 'raw-tracepoint', ...assembled(code), name: 'dispatcher' };
}

/** A kernel part of these programs and sites for the running kernel. */
export function recordingPart(programs: readonly KernelProgram[], sites: readonly KernelSite[]): KernelPart {
  const array = { keyBytes: 4, maxEntries: 1, mapped: false } as const;
  return {
    release: release(),
    maps: [
      { ...array, name: 'cells', type: 'array', valueBytes: CELLS.hits + 64, mapped: true },
      { name: 'ring', type: 'ring-buffer', keyBytes: 0, valueBytes: 0, maxEntries: 1 << 16, mapped: true },
      { ...array, name: 'scratch', type: 'per-cpu-array', valueBytes: 64 },
      { ...array, name: 'syscalls', type: 'program-array', valueBytes: 4, maxEntries: 4096 },
    ],
    programs,
    sites,
    layouts: {},
    placements: {},
    globals: [],
    prints: [],
    errors: [],
  };
}

function assembled(code: Assembler): Pick<KernelProgram, 'code' | 'relocations' | 'places'> {
  const { code: bytes, relocations, places } = code.finish();
  return { code: Buffer.from(bytes).toString('base64'), relocations, places };
}
