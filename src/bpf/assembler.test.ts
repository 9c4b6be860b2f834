import { describe, expect, it } from 'vitest';
import { Assembler } from './assembler.ts';

function hex(code: Uint8Array): string[] {
  const words: string[] = [];
  for (let at = 0; at < code.length; at += 8)
    words.push([...code.subarray(at, at + 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
  return words;
}

describe('Assembler', () => {
  it('encodes every kind of instruction as linux/bpf.h says', () => {
    const assembler = new Assembler();
    const end = assembler.newLabel('end');
    assembler.alu('=', 'r6', 'r1');
    assembler.alu('+=', 'r6', -8);
    assembler.alu32('s>>=', 'r2', 3);
    assembler.negate('r3');
    assembler.load(8, 'r1', 'r6', 8);
    assembler.store(4, 'r10', -4, 'r1');
    assembler.store(1, 'r10', -5, 7);
    assembler.atomic('add', 8, 'r1', 16, 'r2');
    assembler.atomic('cmpxchg', 4, 'r1', 0, 'r2');
    assembler.constant('r4', 0x1234_5678_9abc_def0n);
    assembler.jumpIf('s<', 'r1', 'r2', end);
    assembler.jumpIf('==', 'r1', 0, end);
    assembler.call('ktime_get_ns');
    assembler.bind(end);
    assembler.exit();
    expect(hex(assembler.finish().code)).toEqual([
      'bf16000000000000',
      '07060000f8ffffff',
      'c402000003000000',
      '8703000000000000',
      '7961080000000000',
      '631afcff00000000',
      '720afbff07000000',
      'db21100000000000',
      'c3210000f1000000',
      '18040000f0debc9a',
      '0000000078563412',
      'cd21020000000000',
      '1501010000000000',
      '8500000005000000',
      '9500000000000000',
    ]);
  });

  it('uses one slot for constants of signed 32 bits only', () => {
    const lengthOf = (value: number | bigint): number => {
      const assembler = new Assembler();
      assembler.constant('r1', value);
      return assembler.finish().code.length;
    };
    expect([0x7fff_ffff, -0x8000_0000].map(lengthOf)).toEqual([8, 8]);
    expect([0x8000_0000, -0x8000_0001, -(2n ** 63n)].map(lengthOf)).toEqual([16, 16, 16]);
  });

  it('tells where maps go and which statement instructions come from', () => {
    const assembler = new Assembler();
    assembler.place('s.stp:1:1');
    assembler.place('s.stp:1:2');
    assembler.map('r1', 1);
    assembler.place('s.stp:1:2');
    assembler.place('s.stp:2:1');
    assembler.mapValue('r2', 0, 24);
    const { relocations, places, code } = assembler.finish();
    expect(relocations).toEqual([
      { instruction: 0, kind: 'map', map: 1 },
      { instruction: 2, kind: 'map-value', map: 0, offset: 24 },
    ]);
    expect(places).toEqual([
      { from: 0, text: 's.stp:1:2' },
      { from: 2, text: 's.stp:2:1' },
    ]);
    expect(hex(code)[0]).toBe('1811000000000000');
    expect(hex(code)[2]).toBe('1822000000000000');
  });

  it('counts both slots of wide constants in backward jumps', () => {
    const assembler = new Assembler();
    const top = assembler.newLabel('top');
    assembler.bind(top);
    assembler.constant('r1', 2n ** 40n);
    assembler.jump(top);
    expect(hex(assembler.finish().code)[2]).toBe('0500fdff00000000');
  });

  it('refuses labels without a place, with two, and too far away', () => {
    const unknown = new Assembler();
    unknown.jump(unknown.newLabel('nowhere'));
    expect(() => unknown.finish()).toThrow("label 'nowhere' has no place");

    const twice = new Assembler();
    const label = twice.newLabel('twice');
    twice.bind(label);
    expect(() => twice.bind(label)).toThrow("label 'twice' is bound twice");

    const far = new Assembler();
    const end = far.newLabel('end');
    far.jumpIf('==', 'r1', 0, end);
    for (let index = 0; index < 0x8000; index++) far.alu('=', 'r0', 0);
    far.bind(end);
    expect(() => far.finish()).toThrow("jump to 'end' over 32768 instructions is too far");
  });

  it('leaves out what cannot be reached', () => {
    const assembler = new Assembler();
    const [never, end] = [assembler.newLabel('never'), assembler.newLabel('end')];
    assembler.jump(end);
    assembler.place('x.stp:1:1');
    assembler.map('r1', 0);
    assembler.jumpIf('==', 'r1', 0, never);
    assembler.bind(never);
    assembler.alu('=', 'r0', 1);
    assembler.bind(end);
    assembler.exit();
    const { code, relocations, places } = assembler.finish();
    expect(Buffer.from(code).toString('hex')).toBe('05000000000000009500000000000000');
    expect([relocations, places]).toEqual([[], []]);
  });

  it('refuses constants and offsets that do not fit', () => {
    const constant = new Assembler();
    constant.alu('+=', 'r1', 2 ** 31);
    expect(() => constant.finish()).toThrow('constant 2147483648 of an instruction does not fit 32 bits');
    const offset = new Assembler();
    offset.load(8, 'r1', 'r2', 40_000);
    expect(() => offset.finish()).toThrow('offset 40000 of an instruction does not fit 16 bits');
  });
});
