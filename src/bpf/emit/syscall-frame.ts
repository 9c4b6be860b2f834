import type { Assembler, Label } from '../assembler.ts';
import { addressOf, CONTEXT } from './emission.ts';
import type { SyscallFrame } from './emission.ts';
import type { Frame } from './room.ts';
import { MACHINE_REGISTERS } from './machine-registers.ts';

/** Ranges of struct pt_regs that hold everything about a system call. */
const RANGES: Readonly<
  Record<'x86_64' | 'arm64', readonly { readonly from: number; readonly bytes: number }[]>
> = {
  x86_64: [{ from: 56, bytes: 88 }],
  arm64: [
    { from: 264, bytes: 24 },
    { from: 8, bytes: 40 },
  ],
};

/**
 * Copies the registers of the process at a system call to the stack, and leaves for one by a 32-bit program, whose numbers
 * mean something else. `needsArguments`: otherwise only what tells that is copied.
 */
export function writeSyscallFrame(
  assembler: Assembler,
  frame: Frame,
  architecture: 'x86_64' | 'arm64',
  needsArguments: boolean,
  leave: Label,
): SyscallFrame {
  const { compat } = MACHINE_REGISTERS[architecture];
  const ranges = needsArguments ? RANGES[architecture] : [{ from: compat.offset, bytes: 8 }];
  const copies = ranges.map((range) => ({ ...range, at: frame.allocate(range.bytes) }));
  for (const { from, bytes, at } of copies) {
    assembler.load(8, 'r3', CONTEXT, 0);
    assembler.alu('+=', 'r3', from);
    addressOf(assembler, 'r1', 'r10', at);
    assembler.alu('=', 'r2', bytes);
    assembler.call('probe_read_kernel');
  }
  const offsetOf = (registerOffset: number): number => {
    const copy = copies.find(({ from, bytes }) => registerOffset >= from && registerOffset < from + bytes);
    if (copy === undefined) throw new RangeError(`the register at ${registerOffset} is not there`);
    return copy.at + registerOffset - copy.from;
  };
  assembler.load(8, 'r1', 'r10', offsetOf(compat.offset));
  assembler.alu('&=', 'r1', compat.mask);
  assembler.jumpIf('==', 'r1', compat.equals, leave);
  return { offsetOf };
}
