import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInstructions, disassemble, instructionText } from './disassembler.ts';
import { ALU_OPERATORS, ATOMIC_OPERATIONS, JUMP_OPERATORS, encodeInstructions } from './instructions.ts';
import type { AluOperator, AtomicOperation, Instruction, JumpOperator } from './instructions.ts';
import { REGISTERS } from './registers.ts';

const register = fc.constantFrom(...REGISTERS);
const constant = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const operand = fc.oneof(register, constant);
const offset = fc.integer({ min: -0x8000, max: 0x7fff });
const width = fc.constantFrom(32 as const, 64 as const);
const size = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);

const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  fc.record({
    kind: fc.constant('alu' as const),
    width,
    operator: fc.constantFrom(...(Object.keys(ALU_OPERATORS) as AluOperator[])),
    destination: register,
    source: operand,
  }),
  fc.record({ kind: fc.constant('negate' as const), width, destination: register }),
  fc.record({ kind: fc.constant('big-endian' as const), destination: register }),
  fc.record({ kind: fc.constant('load' as const), size, destination: register, base: register, offset }),
  fc.record({ kind: fc.constant('store' as const), size, base: register, offset, source: operand }),
  fc.record({
    kind: fc.constant('atomic' as const),
    size: fc.constantFrom(4 as const, 8 as const),
    operation: fc.constantFrom(...(Object.keys(ATOMIC_OPERATIONS) as AtomicOperation[])),
    base: register,
    offset,
    source: register,
  }),
  fc.record({
    kind: fc.constant('load-constant' as const),
    from: fc.constantFrom('value' as const, 'map' as const, 'map-value' as const),
    destination: register,
    value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  }),
  fc.record({ kind: fc.constant('jump' as const), offset }),
  fc.record({
    kind: fc.constant('jump-if' as const),
    width,
    operator: fc.constantFrom(...(Object.keys(JUMP_OPERATORS) as JumpOperator[])),
    left: register,
    right: operand,
    offset,
  }),
  fc.record({ kind: fc.constant('call' as const), helper: fc.nat(250) }),
  fc.constant<Instruction>({ kind: 'exit' }),
);

describe('decodeInstructions', () => {
  it('gives back whatever was encoded', () => {
    fc.assert(
      fc.property(fc.array(instruction, { maxLength: 20 }), (instructions) => {
        const code = encodeInstructions(instructions);
        const decoded = decodeInstructions(code);
        expect(decoded).toEqual(instructions);
        expect(encodeInstructions(decoded)).toEqual(code);
      }),
    );
  });

  it('gives different texts to different instructions', () => {
    fc.assert(
      fc.property(instruction, instruction, (left, right) => {
        const same = Buffer.compare(encodeInstructions([left]), encodeInstructions([right])) === 0;
        if (!same) expect(instructionText(left)).not.toBe(instructionText(right));
      }),
    );
  });

  it('refuses bytes that are no instruction', () => {
    expect(() => decodeInstructions(new Uint8Array(7))).toThrow('cut off');
    expect(() => decodeInstructions(new Uint8Array([0x18, 0, 0, 0, 0, 0, 0, 0]))).toThrow('cut off');
    expect(() => decodeInstructions(new Uint8Array([0x79, 0x0f, 0, 0, 0, 0, 0, 0]))).toThrow('register 15');
    expect(() => decodeInstructions(new Uint8Array([0x30, 0, 0, 0, 0, 0, 0, 0]))).toThrow('opcode 0x30');
  });
});

describe('disassemble', () => {
  it('prints as bpftool does', () => {
    const code = encodeInstructions([
      { kind: 'load', size: 8, destination: 'r1', base: 'r6', offset: 8 },
      { kind: 'store', size: 4, base: 'r10', offset: -4, source: 0 },
      { kind: 'load-constant', from: 'value', destination: 'r2', value: 0x1_0000_0000n },
      { kind: 'alu', width: 32, operator: 's>>=', destination: 'r1', source: 'r2' },
      { kind: 'negate', width: 64, destination: 'r3' },
      { kind: 'atomic', size: 8, operation: 'add', base: 'r1', offset: 0, source: 'r2' },
      { kind: 'atomic', size: 8, operation: 'fetch_add', base: 'r1', offset: 0, source: 'r2' },
      { kind: 'jump-if', width: 64, operator: 's<', left: 'r1', right: -1, offset: 1 },
      { kind: 'call', helper: 5 },
      { kind: 'exit' },
    ]);
    expect(disassemble(code).split('\n')).toEqual([
      '   0: (79) r1 = *(u64 *)(r6 +8)',
      '   1: (62) *(u32 *)(r10 -4) = 0',
      '   2: (18) r2 = 0x100000000',
      '   4: (cc) w1 s>>= w2',
      '   5: (87) r3 = -r3',
      '   6: (db) lock *(u64 *)(r1 +0) += r2',
      '   7: (db) r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)',
      '   8: (c5) if r1 s< 0xffffffff goto pc+1',
      '   9: (85) call bpf_ktime_get_ns#5',
      '  10: (95) exit',
    ]);
  });
});
