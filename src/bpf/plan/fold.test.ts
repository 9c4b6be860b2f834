import { describe, expect, it } from 'vitest';
import type { LongExpression } from '../ir.ts';
import {
  binary,
  canFail,
  compareStrings,
  conditional,
  constant,
  logical,
  negation,
  nodeCount,
  stringConditional,
  structureKey,
  truth,
  unary,
} from './fold.ts';

const argument: LongExpression = { kind: 'argument', index: 0 };
const read: LongExpression = { kind: 'read', space: 'kernel', address: argument, size: 8, signed: false };

describe('folding', () => {
  it('computes with constants as the language does', () => {
    expect(binary('+', constant(2n ** 63n - 1n), constant(1))).toEqual(constant(-(2n ** 63n)));
    expect(binary('/', constant(-7), constant(2))).toEqual(constant(-3));
    expect(binary('>=', constant(2), constant(2))).toEqual(constant(1));
    expect(unary('~', constant(0))).toEqual(constant(-1));
    expect(compareStrings('<', { kind: 'literal', text: 'a' }, { kind: 'literal', text: 'b' })).toEqual(
      constant(1),
    );
  });

  it('takes offsets together', () => {
    const sum = binary('+', binary('+', argument, constant(8)), constant(4));
    expect(sum).toEqual(binary('+', constant(12), argument));
    expect(binary('-', sum, constant(12))).toBe(argument);
  });

  it('keeps a division by 0', () => {
    expect(canFail(binary('/', constant(1), constant(0)))).toBe(true);
    expect(canFail(binary('%', argument, constant(4)))).toBe(false);
    expect(canFail(binary('%', constant(4), argument))).toBe(true);
  });

  it('keeps a read that decides nothing but may fail', () => {
    expect(canFail(logical('&&', read, constant(0)))).toBe(true);
    expect(logical('&&', argument, constant(0))).toEqual(constant(0));
    expect(logical('||', constant(0), argument)).toEqual(truth(argument));
    expect(canFail(conditional(read, constant(1), constant(1)))).toBe(true);
    expect(conditional(argument, constant(1), constant(1))).toEqual(constant(1));
  });

  it('turns comparisons round', () => {
    expect(negation(binary('<', argument, constant(3)))).toEqual(binary('>=', argument, constant(3)));
    expect(negation(negation(argument))).toEqual(binary('!=', argument, constant(0)));
  });

  it('picks texts', () => {
    const [yes, no] = [{ kind: 'literal', text: 'y' } as const, { kind: 'literal', text: 'n' } as const];
    expect(stringConditional(constant(0), yes, no)).toBe(no);
    expect(nodeCount(stringConditional(argument, yes, no))).toBe(4);
  });

  it('tells structures apart', () => {
    expect(structureKey(read)).toBe(structureKey({ ...read }));
    expect(structureKey(read)).not.toBe(structureKey({ ...read, signed: true }));
    expect(structureKey(constant(1))).toBe(structureKey({ value: 1, kind: 'constant' }));
  });
});
