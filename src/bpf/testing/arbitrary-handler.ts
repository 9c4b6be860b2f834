import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { fromBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import type { KernelStatement, KernelValue, LongExpression, StringExpression } from '../ir.ts';

/** What generated handlers may name. */
export interface HandlerWorld {
  readonly longSlots: number;
  readonly stringSlots: number;
  readonly cells: readonly number[];
  /** Argument that is the address of readable memory, and the bytes there. */
  readonly memoryArgument: number;
  readonly memoryBytes: number;
  /** An array of longs by a long, one of strings by a string and a long, and a statistic. */
  readonly longArray: number;
  readonly stringArray: number;
  readonly statistic: number;
}

/** Indexes of errors by what goes wrong. */
export const ERRORS = { byZero: 1, fault: 2, full: 3, limit: 4, failure: 5 } as const;

const PLACE = { place: 'x.stp:1:1' };
const MOST_ROUNDS = 3;
const WILD_ADDRESS = 16;

/** 64-bit values, with those at the edges more often. */
export const int64: Arbitrary<Int64> = fc.oneof(
  fc.integer({ min: -4, max: 70 }),
  fc
    .constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 32n, -(2n ** 31n), 2n ** 31n, 2n ** 53n)
    .map(fromBigInt),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(fromBigInt),
);

const constant: Arbitrary<LongExpression> = int64.map((value) => ({ kind: 'constant', value }));
const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'abcdefg', 'abcdefgh', 'abcdefghi', '\xff', 'a\x80'),
  fc.string({ maxLength: 80 }).map((shown) => shown.replaceAll(/[^\x01-\xff]/g, '?')),
);

/** Handlers over the world, their statements. */
export function arbitraryHandler(world: HandlerWorld): Arbitrary<readonly KernelStatement[]> {
  const { expression, string } = fc.letrec<{ expression: LongExpression; string: StringExpression }>(
    (tie) => ({
      expression: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'value', withCrossShrink: true },
        { weight: 3, arbitrary: longLeaf(world) },
        { weight: 5, arbitrary: composedLong(world, tie('expression'), tie('string')) },
      ),
      string: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'value', withCrossShrink: true },
        { weight: 3, arbitrary: stringLeaf(world) },
        { weight: 2, arbitrary: composedString(world, tie('expression'), tie('string')) },
      ),
    }),
  );
  const { statements } = fc.letrec<{
    statements: readonly KernelStatement[];
    nested: readonly KernelStatement[];
  }>((tie) => ({
    statements: fc.array(anyStatement(world, expression, string, tie('nested')), { maxLength: 5 }),
    nested: fc.oneof(
      { maxDepth: 2, depthIdentifier: 'statement' },
      fc.constant([]),
      fc.array(anyStatement(world, expression, string, tie('nested')), { maxLength: 3 }),
    ),
  }));
  return statements;
}

function longLeaf(world: HandlerWorld): Arbitrary<LongExpression> {
  return fc.oneof(
    constant,
    fc.nat({ max: 3 }).map((index): LongExpression => ({ kind: 'argument', index })),
    fc.nat({ max: world.longSlots - 1 }).map((slot): LongExpression => ({ kind: 'local', slot })),
    fc.constantFrom(...world.cells).map((offset): LongExpression => ({ kind: 'cell', offset })),
    fc.constantFrom('pid', 'tid', 'uid').map((fact): LongExpression => ({ kind: 'fact', fact })),
  );
}

function stringLeaf(world: HandlerWorld): Arbitrary<StringExpression> {
  return fc.oneof(
    text.map((shown): StringExpression => ({ kind: 'literal', text: shown })),
    fc.constant<StringExpression>({ kind: 'execname' }),
    fc.nat({ max: world.stringSlots - 1 }).map((slot): StringExpression => ({ kind: 'local-string', slot })),
  );
}

/** Mostly where memory can be read. */
function address(world: HandlerWorld): Arbitrary<LongExpression> {
  const near = fc.nat({ max: world.memoryBytes - 8 }).map((offset): LongExpression => ({
    kind: 'binary',
    operator: '+',
    left: { kind: 'argument', index: world.memoryArgument },
    right: { kind: 'constant', value: offset },
  }));
  return fc.oneof(
    { weight: 5, arbitrary: near },
    { weight: 1, arbitrary: fc.constant<LongExpression>({ kind: 'constant', value: WILD_ADDRESS }) },
  );
}

const onFault = fc.constantFrom({}, { onFault: ERRORS.fault });

function composedLong(
  world: HandlerWorld,
  long: Arbitrary<LongExpression>,
  string: Arbitrary<StringExpression>,
): Arbitrary<LongExpression> {
  const arithmetic = fc.constantFrom(
    '+',
    '-',
    '*',
    '&',
    '|',
    '^',
    '<<',
    '>>',
    '>>>',
    '==',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
  );
  const keys = fc.tuple(long.map((value): KernelValue => ({ type: 'long', value })));
  return fc.oneof(
    fc
      .tuple(fc.constantFrom('-', '~', '!'), long)
      .map(([operator, operand]): LongExpression => ({ kind: 'unary', operator, operand })),
    fc
      .tuple(arithmetic, long, long)
      .map(([operator, left, right]): LongExpression => ({ kind: 'binary', operator, left, right })),
    fc
      .tuple(fc.constantFrom('/', '%'), long, long, fc.constantFrom({}, { onZero: ERRORS.byZero }))
      .map(([operator, left, right, fails]): LongExpression => ({
        kind: 'binary',
        operator,
        left,
        right,
        ...fails,
      })),
    fc
      .tuple(fc.constantFrom('&&', '||'), long, long)
      .map(([operator, left, right]): LongExpression => ({ kind: 'logical', operator, left, right })),
    fc.tuple(long, long, long).map(([condition, consequent, alternate]): LongExpression => ({
      kind: 'conditional',
      condition,
      consequent,
      alternate,
    })),
    fc
      .tuple(address(world), fc.constantFrom(1, 2, 4, 8), fc.boolean(), onFault)
      .map(([at, size, signed, fails]): LongExpression => ({
        kind: 'read',
        space: 'user',
        address: at,
        size,
        signed,
        ...fails,
      })),
    fc
      .tuple(fc.constantFrom('element', 'contains'), keys)
      .map(([kind, key]): LongExpression => ({ kind, global: world.longArray, keys: key })),
    fc
      .tuple(fc.constantFrom('==', '!=', '<', '<=', '>', '>='), string, string)
      .map(([operator, left, right]): LongExpression => ({ kind: 'compare-strings', operator, left, right })),
    string.map((operand): LongExpression => ({ kind: 'string-length', operand })),
  );
}

function composedString(
  world: HandlerWorld,
  long: Arbitrary<LongExpression>,
  string: Arbitrary<StringExpression>,
): Arbitrary<StringExpression> {
  return fc.oneof(
    fc
      .tuple(address(world), fc.integer({ min: 1, max: 90 }), onFault)
      .map(([at, size, fails]): StringExpression => ({
        kind: 'read-string',
        space: 'user',
        address: at,
        size,
        ...fails,
      })),
    stringKeys(long, string).map((keys): StringExpression => ({
      kind: 'string-element',
      global: world.stringArray,
      keys,
    })),
    fc.tuple(long, string, string).map(([condition, consequent, alternate]): StringExpression => ({
      kind: 'string-conditional',
      condition,
      consequent,
      alternate,
    })),
  );
}

function stringKeys(
  long: Arbitrary<LongExpression>,
  string: Arbitrary<StringExpression>,
): Arbitrary<readonly KernelValue[]> {
  return fc.tuple(
    string.map((value): KernelValue => ({ type: 'string', value })),
    long.map((value): KernelValue => ({ type: 'long', value })),
  );
}

function anyStatement(
  world: HandlerWorld,
  long: Arbitrary<LongExpression>,
  string: Arbitrary<StringExpression>,
  nested: Arbitrary<readonly KernelStatement[]>,
): Arbitrary<KernelStatement> {
  const cell = fc.constantFrom(...world.cells);
  const slot = fc.nat({ max: world.longSlots - 1 });
  const keys = fc.tuple(long.map((value): KernelValue => ({ type: 'long', value })));
  const values = fc.array(
    fc.oneof(
      long.map((value): KernelValue => ({ type: 'long', value })),
      string.map((value): KernelValue => ({ type: 'string', value })),
    ),
    { maxLength: 3 },
  );
  const onFull = ERRORS.full;
  return fc.oneof(
    fc
      .tuple(slot, long)
      .map(([local, value]): KernelStatement => ({ ...PLACE, kind: 'set-local', slot: local, value })),
    fc
      .tuple(fc.nat({ max: world.stringSlots - 1 }), string)
      .map(([local, value]): KernelStatement => ({ ...PLACE, kind: 'set-local-string', slot: local, value })),
    fc
      .tuple(cell, long)
      .map(([offset, value]): KernelStatement => ({ ...PLACE, kind: 'set-cell', offset, value })),
    fc
      .tuple(cell, long)
      .map(([offset, amount]): KernelStatement => ({ ...PLACE, kind: 'add-cell', offset, amount })),
    fc.tuple(keys, long).map(([key, value]): KernelStatement => ({
      ...PLACE,
      kind: 'set-element',
      global: world.longArray,
      keys: key,
      value: { type: 'long', value },
      onFull,
    })),
    fc.tuple(stringKeys(long, string), string).map(([key, value]): KernelStatement => ({
      ...PLACE,
      kind: 'set-element',
      global: world.stringArray,
      keys: key,
      value: { type: 'string', value },
      onFull,
    })),
    fc.tuple(keys, long).map(([key, amount]): KernelStatement => ({
      ...PLACE,
      kind: 'add-element',
      global: world.longArray,
      keys: key,
      amount,
      onFull,
    })),
    keys.map((key): KernelStatement => ({
      ...PLACE,
      kind: 'delete-element',
      global: world.longArray,
      keys: key,
    })),
    long.map((value): KernelStatement => ({
      ...PLACE,
      kind: 'aggregate',
      global: world.statistic,
      keys: [],
      value,
      onFull,
    })),
    long.map((value): KernelStatement => ({ ...PLACE, kind: 'evaluate', value })),
    fc.tuple(long, nested, nested).map(([condition, then, otherwise]): KernelStatement => ({
      ...PLACE,
      kind: 'if',
      condition,
      then,
      else: otherwise,
    })),
    fc
      .tuple(
        long,
        nested,
        nested,
        fc.constantFrom<KernelStatement[]>(
          [],
          [{ ...PLACE, kind: 'break' }],
          [{ ...PLACE, kind: 'continue' }],
        ),
      )
      .map(([condition, body, step, last]): KernelStatement => ({
        ...PLACE,
        kind: 'loop',
        condition,
        body: [...body, ...last],
        step,
        limit: MOST_ROUNDS,
        onLimit: ERRORS.limit,
      })),
    values.map((shown): KernelStatement => ({
      ...PLACE,
      kind: 'print',
      print: shown.length,
      arguments: shown,
    })),
    values.map((shown): KernelStatement => ({
      ...PLACE,
      kind: 'fail',
      error: ERRORS.failure,
      arguments: shown,
    })),
    fc.constantFrom<KernelStatement>({ ...PLACE, kind: 'next' }, { ...PLACE, kind: 'exit' }),
  );
}
