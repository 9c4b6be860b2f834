import type { HistogramShape } from '../../module/histogram-shape.ts';
import { STATISTIC } from '../../module/kernel-part.ts';
import type { KernelStatement } from '../ir.ts';
import { WORK_REGISTERS } from './emission.ts';
import type { Emission } from './emission.ts';
import { writeLookupOf } from './element-key.ts';
import { writeStatisticElement } from './elements.ts';
import { arrayGlobal, bucketsIn, statisticMap } from './global-shape.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

type Aggregate = Extract<KernelStatement, { kind: 'aggregate' }>;

/** As runtime/histogram-buckets.ts has them. */
const LOG_ZERO_BUCKET = 64;

/** `global <<< value`. */
export function writeAggregate(emission: Emission, statement: Aggregate): void {
  const { assembler, frame, target } = emission;
  const histogram = target.histograms?.[statement.global];
  frame.scoped(8, (value) => {
    emission.long(statement.value, 'r0', WORK_REGISTERS);
    assembler.store(8, 'r10', value, 'r0');
    const add = (statisticBytes: number): void => {
      assembler.load(8, 'r1', 'r10', value);
      writeAddition(emission);
      if (histogram !== undefined) writeBucket(emission, histogram, bucketsIn(statisticBytes));
    };
    if (statement.keys.length > 0) {
      const { valueBytes } = arrayGlobal(emission, statement.global);
      writeStatisticElement(emission, statement, () => {
        add(valueBytes);
      });
      return;
    }
    const map = statisticMap(emission, statement.global);
    frame.scoped(8, (key) => {
      assembler.store(8, 'r10', key, 0);
      writeLookupOf(emission, map, 'r10', key);
      assembler.jumpIf('==', 'r0', 0, emission.end);
      add(target.maps[map]?.valueBytes ?? 0);
    });
  });
}

/** Adds r1 to the statistic at r0; both are kept. */
function writeAddition({ assembler }: Emission): void {
  const setMaximum = assembler.newLabel('maximum');
  const setBoth = assembler.newLabel('first');
  const counted = assembler.newLabel('counted');
  assembler.load(8, 'r2', 'r0', STATISTIC.count);
  assembler.jumpIf('==', 'r2', 0, setBoth);
  assembler.load(8, 'r2', 'r0', STATISTIC.max);
  assembler.jumpIf('s>', 'r1', 'r2', setMaximum);
  assembler.load(8, 'r2', 'r0', STATISTIC.min);
  assembler.jumpIf('s>=', 'r1', 'r2', counted);
  assembler.store(8, 'r0', STATISTIC.min, 'r1');
  assembler.jump(counted);
  assembler.bind(setBoth);
  assembler.store(8, 'r0', STATISTIC.min, 'r1');
  assembler.bind(setMaximum);
  assembler.store(8, 'r0', STATISTIC.max, 'r1');
  assembler.bind(counted);
  // Programs of other events may interrupt this one.
  assembler.atomic('add', 8, 'r0', STATISTIC.sum, 'r1');
  assembler.alu('=', 'r2', 1);
  assembler.atomic('add', 8, 'r0', STATISTIC.count, 'r2');
}

/** Counts r1 in its bucket of the statistic at r0. */
function writeBucket(emission: Emission, shape: HistogramShape, buckets: number): void {
  const { assembler } = emission;
  if (shape.kind === 'log') writeLogBucket(emission);
  else writeLinearBucket(emission, shape, buckets);
  const outside = assembler.newLabel('outside');
  assembler.jumpIf('>=', 'r2', buckets, outside);
  assembler.alu('<<=', 'r2', 3);
  assembler.alu('+=', 'r0', 'r2');
  assembler.alu('=', 'r1', 1);
  assembler.atomic('add', 8, 'r0', STATISTIC.buckets, 'r1');
  assembler.bind(outside);
}

/** r2 = bucket of r1: its sign and the position of its highest bit. */
function writeLogBucket({ assembler }: Emission): void {
  const zero = assembler.newLabel('zero');
  const positive = assembler.newLabel('positive');
  assembler.alu('=', 'r2', LOG_ZERO_BUCKET);
  assembler.jumpIf('==', 'r1', 0, zero);
  assembler.alu('=', 'r2', 0);
  assembler.alu('=', 'r4', 0);
  assembler.jumpIf('s>', 'r1', 0, positive);
  assembler.negate('r1');
  assembler.alu('=', 'r4', 1);
  assembler.bind(positive);
  for (const step of [32, 16, 8, 4, 2, 1]) {
    const lower = assembler.newLabel('lower');
    assembler.alu('=', 'r3', 'r1');
    assembler.alu('>>=', 'r3', step);
    assembler.jumpIf('==', 'r3', 0, lower);
    assembler.alu('=', 'r1', 'r3');
    assembler.alu('+=', 'r2', step);
    assembler.bind(lower);
  }
  assembler.alu('+=', 'r2', LOG_ZERO_BUCKET + 1);
  assembler.jumpIf('==', 'r4', 0, zero);
  // As far below the zero bucket as it is above now.
  assembler.negate('r2');
  assembler.alu('+=', 'r2', 2 * LOG_ZERO_BUCKET);
  assembler.bind(zero);
}

/** r2 = bucket of r1: underflow, whole steps, overflow. */
function writeLinearBucket(
  { assembler }: Emission,
  { low, width }: Extract<HistogramShape, { kind: 'linear' }>,
  buckets: number,
): void {
  if (width <= 0) throw new UnwritableProgramError('a histogram has steps that are not positive');
  const known = assembler.newLabel('bucket');
  assembler.alu('=', 'r2', 0);
  assembler.constant('r3', low);
  assembler.jumpIf('s<', 'r1', 'r3', known);
  assembler.alu('=', 'r2', 'r1');
  assembler.alu('-=', 'r2', 'r3');
  assembler.constant('r3', width);
  assembler.alu('/=', 'r2', 'r3');
  assembler.alu('+=', 'r2', 1);
  assembler.jumpIf('<', 'r2', buckets, known);
  assembler.alu('=', 'r2', buckets - 1);
  assembler.bind(known);
}
