import { CELLS, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { KernelStatement } from '../ir.ts';
import type { Register } from '../registers.ts';
import { writeCount } from './cells.ts';
import { addressOf, SCRATCH, WORK_REGISTERS } from './emission.ts';
import type { Emission } from './emission.ts';
import { withKey, writeLookupOf } from './element-key.ts';
import { arrayGlobal, ORDER_BYTES } from './global-shape.ts';
import type { ArrayShape } from './global-shape.ts';
import { writeZeros } from './text-place.ts';

type Statement<K extends KernelStatement['kind']> = Extract<KernelStatement, { kind: K }>;

const BPF_NOEXIST = 1;
const EEXIST = 17;
const E2BIG = 7;
/** Values of at most so many bytes are built on the stack. */
const MOST_STACK_BYTES = 64;

/** An element's key or value in memory. */
interface Memory {
  readonly base: Register;
  readonly offset: number;
}

/** `array[keys] += amount`, atomic. */
export function writeAddElement(emission: Emission, statement: Statement<'add-element'>): void {
  const { assembler, frame } = emission;
  const array = arrayGlobal(emission, statement.global);
  frame.scoped(ORDER_BYTES + 8, (value) => {
    emission.long(statement.amount, 'r0', WORK_REGISTERS);
    assembler.store(8, 'r10', value + ORDER_BYTES, 'r0');
    withKey(emission, statement.global, statement.keys, (base, offset) => {
      writeFoundOrCreated(
        emission,
        array,
        { base, offset },
        { base: 'r10', offset: value },
        statement.onFull,
        () => {
          assembler.load(8, 'r1', 'r10', value + ORDER_BYTES);
          assembler.atomic('add', 8, 'r0', ORDER_BYTES, 'r1');
        },
      );
    });
  });
}

/** `array[keys] = value`. */
export function writeSetElement(emission: Emission, statement: Statement<'set-element'>): void {
  const { assembler, frame, scratch } = emission;
  const { value, global, keys, onFull } = statement;
  const array = arrayGlobal(emission, global);
  if (value.type === 'long') {
    frame.scoped(ORDER_BYTES + 8, (at) => {
      emission.long(value.value, 'r0', WORK_REGISTERS);
      assembler.store(8, 'r10', at + ORDER_BYTES, 'r0');
      withKey(emission, global, keys, (base, offset) => {
        writeFoundOrCreated(emission, array, { base, offset }, { base: 'r10', offset: at }, onFull, () => {
          assembler.load(8, 'r1', 'r10', at + ORDER_BYTES);
          assembler.store(8, 'r0', ORDER_BYTES, 'r1');
        });
      });
    });
    return;
  }
  scratch.scoped(ORDER_BYTES + array.valueBytes + 8, (at) => {
    const place = {
      base: SCRATCH,
      offset: at + ORDER_BYTES,
      capacity: array.valueBytes,
      isFilled: true,
    } as const;
    emission.text(value.value, place, false);
    withKey(emission, global, keys, (base, offset) => {
      writeFoundOrCreated(emission, array, { base, offset }, { base: SCRATCH, offset: at }, onFull, () => {
        assembler.alu('=', 'r1', 'r0');
        assembler.alu('+=', 'r1', ORDER_BYTES);
        assembler.alu('=', 'r2', array.valueBytes);
        addressOf(assembler, 'r3', SCRATCH, at + ORDER_BYTES);
        assembler.call('probe_read_kernel');
      });
    });
  });
}

/** `delete array[keys]`. */
export function writeDeleteElement(emission: Emission, { global, keys }: Statement<'delete-element'>): void {
  const { assembler } = emission;
  withKey(emission, global, keys, (base, offset) => {
    assembler.map('r1', arrayGlobal(emission, global).map);
    addressOf(assembler, 'r2', base, offset);
    assembler.call('map_delete_elem');
  });
}

/**
 * Has the value of an element of statistics, created from zeros if need be, at address r0 when `write` runs; r0 is that of
 * the statistic itself.
 */
export function writeStatisticElement(
  emission: Emission,
  { global, keys, onFull }: Statement<'aggregate'>,
  write: () => void,
): void {
  const { assembler, frame, scratch } = emission;
  const array = arrayGlobal(emission, global);
  const bytes = ORDER_BYTES + array.valueBytes;
  const isSmall = bytes <= MOST_STACK_BYTES;
  withKey(emission, global, keys, (base, offset) => {
    const build = (at: number): void => {
      const found = assembler.newLabel('found');
      const created = isSmall ? ('r10' as const) : SCRATCH;
      writeLookupOf(emission, array.map, base, offset);
      assembler.jumpIf('!=', 'r0', 0, found);
      writeZeros(assembler, created, at, bytes);
      writeCreation(emission, array, { base, offset }, { base: created, offset: at }, onFull);
      writeLookupOf(emission, array.map, base, offset);
      assembler.jumpIf('==', 'r0', 0, emission.end);
      assembler.bind(found);
      assembler.alu('+=', 'r0', ORDER_BYTES);
      write();
    };
    if (isSmall) frame.scoped(bytes, build);
    else scratch.scoped(bytes + 8, build);
  });
}

/** Has `change` change an element whose value is at r0, or creates it with `value`, whose order of creation is still missing. */
function writeFoundOrCreated(
  emission: Emission,
  array: ArrayShape,
  key: Memory,
  value: Memory,
  onFull: number,
  change: () => void,
): void {
  const { assembler } = emission;
  const create = assembler.newLabel('create');
  const done = assembler.newLabel('changed');
  const lateFound = assembler.newLabel('found');
  writeLookupOf(emission, array.map, key.base, key.offset);
  assembler.jumpIf('==', 'r0', 0, create);
  assembler.bind(lateFound);
  change();
  assembler.jump(done);
  assembler.bind(create);
  writeCreation(emission, array, key, value, onFull, done);
  // Another processor was faster.
  writeLookupOf(emission, array.map, key.base, key.offset);
  assembler.jumpIf('==', 'r0', 0, emission.end);
  change();
  assembler.bind(done);
}

/**
 * Creates an element with the next order of creation; goes to `created` if given, and on when another has created it
 * before. The handler fails when the array is full.
 */
function writeCreation(
  emission: Emission,
  { map }: ArrayShape,
  key: Memory,
  value: Memory,
  onFull: number,
  created?: ReturnType<Emission['error']>,
): void {
  const { assembler } = emission;
  const over = assembler.newLabel('created');
  assembler.mapValue('r1', WELL_KNOWN_MAPS.cells, CELLS.sequence);
  assembler.alu('=', 'r2', 1);
  assembler.atomic('fetch_add', 8, 'r1', 0, 'r2');
  assembler.alu('+=', 'r2', 1);
  assembler.store(8, value.base, value.offset, 'r2');
  assembler.map('r1', map);
  addressOf(assembler, 'r2', key.base, key.offset);
  addressOf(assembler, 'r3', value.base, value.offset);
  assembler.alu('=', 'r4', BPF_NOEXIST);
  assembler.call('map_update_elem');
  // Before Linux 6.4 only the low half is the result.
  assembler.alu('<<=', 'r0', 32);
  assembler.alu('s>>=', 'r0', 32);
  assembler.jumpIf('==', 'r0', 0, created ?? over);
  assembler.jumpIf('==', 'r0', -EEXIST, over);
  assembler.jumpIf('==', 'r0', -E2BIG, emission.error(onFull));
  // The map is being changed by what this program interrupted.
  writeCount(assembler, CELLS.skippedNested);
  assembler.jump(emission.end);
  assembler.bind(over);
}
