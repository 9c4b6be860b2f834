import {
  CELLS,
  MODULE_STATE,
  SCRATCH_BYTES,
  SCRATCH_SLOTS,
  WELL_KNOWN_MAPS,
} from '../../../module/kernel-part.ts';
import type { KernelMap, KernelProgram } from '../../../module/kernel-part.ts';
import { BPF_COMMAND, newAttributes } from '../../loader/attributes.ts';
import { createMap } from '../../loader/maps.ts';
import type { BpfMap } from '../../loader/maps.ts';
import { loadProgram } from '../../loader/programs.ts';
import { openRingBuffer } from '../../loader/ring-buffer.ts';
import type { RingBuffer } from '../../loader/ring-buffer.ts';
import { loadLoaderSystemCalls } from '../../loader/system-calls.ts';

const CELL_BYTES = 4096;

/** The well-known maps, for programs with few probes and small records, then those of a test. */
export function mapShapes(more: readonly KernelMap[] = []): readonly KernelMap[] {
  const array = { keyBytes: 4, maxEntries: 1 };
  return [
    { ...array, name: 'cells', type: 'array', valueBytes: CELL_BYTES, mapped: true },
    { name: 'ring', type: 'ring-buffer', keyBytes: 0, valueBytes: 0, maxEntries: 1 << 20, mapped: true },
    {
      ...array,
      name: 'scratch',
      type: 'per-cpu-array',
      valueBytes: SCRATCH_BYTES,
      maxEntries: SCRATCH_SLOTS,
      mapped: false,
    },
    { ...array, name: 'syscalls', type: 'program-array', valueBytes: 4, maxEntries: 2100, mapped: false },
    ...more,
  ];
}

/** Programs in the kernel, and what they write. Only where `hasEbpf()`. */
export class ProgramBench {
  readonly calls = loadLoaderSystemCalls();
  readonly maps: readonly BpfMap[];
  readonly cells: DataView;
  readonly #ring: RingBuffer;
  readonly #programs: number[] = [];

  constructor(shapes: readonly KernelMap[] = mapShapes()) {
    this.maps = shapes.map((shape) => createMap(this.calls, shape));
    this.cells = new DataView(this.map(WELL_KNOWN_MAPS.cells).memory());
    this.#ring = openRingBuffer(this.calls, this.map(WELL_KNOWN_MAPS.ring));
    this.state = MODULE_STATE.running;
  }

  set state(state: number) {
    this.cells.setUint32(CELLS.state, state, true);
  }

  map(index: number): BpfMap {
    const map = this.maps[index];
    if (map === undefined) throw new RangeError(`there is no map ${index}`);
    return map;
  }

  /** Descriptor of the program, loaded. Throws `KernelProbeError` with the verifier's log. */
  load(program: KernelProgram): number {
    const fd = loadProgram(this.calls, program, this.maps);
    this.#programs.push(fd);
    return fd;
  }

  /** Runs a raw tracepoint program with these arguments, here and now. */
  run(program: number, args: readonly bigint[]): void {
    const context = Buffer.alloc(12 * 8);
    for (const [index, value] of args.entries())
      context.writeBigUInt64LE(BigInt.asUintN(64, value), index * 8);
    const attributes = newAttributes();
    attributes.writeInt32LE(program, 0);
    attributes.writeUInt32LE(context.length, 40);
    attributes.writeBigUInt64LE(this.calls.address(context), 48);
    const result = this.calls.bpf(BPF_COMMAND.programTestRun, attributes);
    if (result < 0) throw new Error(`the program did not run: error ${-result}`);
    context.fill(0);
  }

  /** Copies of the records that were written since the last call. */
  records(): readonly Buffer[] {
    const records: Buffer[] = [];
    this.#ring.drain((record) => records.push(Buffer.from(record)));
    return records;
  }

  cell(offset: number): bigint {
    return this.cells.getBigInt64(offset, true);
  }

  /** Ends what `load` and the constructor made. */
  close(): void {
    for (const fd of this.#programs) this.calls.close(fd);
    for (const map of this.maps) map.close();
  }
}
