import { toUnsignedBigInt, type Int64 } from '../../int64/int64.ts';
import type { KernelMap } from '../../module/kernel-part.ts';
import type { MemoryRead } from '../../runtime/kernel-event.ts';
import { Assembler } from '../assembler.ts';
import { BPF_COMMAND, newAttributes } from './attributes.ts';
import { createMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

const EFAULT = 14;
const MOST_BYTES = 4096;
const RESULT: KernelMap = {
  name: 'late_read',
  type: 'array',
  keyBytes: 4,
  valueBytes: MOST_BYTES,
  maxEntries: 1,
  mapped: true,
};

/**
 * Reads memory of the kernel as it is now, by a program that is run for each read. What was freed since its address
 * was found may hold anything.
 */
export interface KernelMemory {
  /** The bytes, or -EFAULT where no memory of the kernel is. */
  read(address: Int64, size: number): MemoryRead;
  close(): void;
}

/** Throws `KernelProbeError` when the kernel takes no such program. */
export function openKernelMemory(calls: LoaderSystemCalls): KernelMemory {
  const map = createMap(calls, RESULT);
  try {
    const program = loadProgram(calls, { name: 'late_read', type: 'raw-tracepoint', ...readingProgram() }, [
      map,
    ]);
    const memory = map.memory();
    return {
      read: (address, size) => {
        if (size > MOST_BYTES) return -EFAULT;
        if (run(calls, program, address, size) < 0) return -EFAULT;
        return Buffer.from(memory, 0, size).toString('latin1');
      },
      close: () => {
        calls.close(program);
        map.close();
      },
    };
  } catch (error) {
    map.close();
    throw error;
  }
}

/** Copies as many bytes as its second argument says from where the first one points, into the map. */
function readingProgram(): Pick<Parameters<typeof loadProgram>[1], 'code' | 'relocations' | 'places'> {
  const assembler = new Assembler();
  const tooMany = assembler.newLabel('too many');
  assembler.load(8, 'r3', 'r1', 0);
  assembler.load(8, 'r2', 'r1', 8);
  assembler.jumpIf('>', 'r2', MOST_BYTES, tooMany);
  assembler.mapValue('r1', 0, 0);
  assembler.call('probe_read_kernel');
  assembler.exit();
  assembler.bind(tooMany);
  assembler.constant('r0', -EFAULT);
  assembler.exit();
  const { code, relocations, places } = assembler.finish();
  return { code: Buffer.from(code).toString('base64'), relocations, places };
}

/** What the program returns, or why it could not be run. */
function run(calls: LoaderSystemCalls, program: number, address: Int64, size: number): number {
  const context = Buffer.alloc(16);
  context.writeBigUInt64LE(toUnsignedBigInt(address), 0);
  context.writeBigUInt64LE(BigInt(size), 8);
  const attributes = newAttributes();
  attributes.writeInt32LE(program, 0);
  attributes.writeUInt32LE(context.length, 40);
  attributes.writeBigUInt64LE(calls.address(context), 48);
  const result = calls.bpf(BPF_COMMAND.programTestRun, attributes);
  return result < 0 ? result : attributes.readInt32LE(4);
}
