import { SYSCALL_SLOTS, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { Assembler } from '../assembler.ts';
import { MACHINE_REGISTERS } from './machine-registers.ts';

/** Offsets in the context of sys_enter (regs, id) and sys_exit (regs, ret). */
const REGISTERS_ARGUMENT = 0;
const SECOND_ARGUMENT = 8;

/** Writes the program on sys_enter or sys_exit that enters the program of the system call. */
export function writeSyscallDispatch(
  assembler: Assembler,
  access: 'enter' | 'exit',
  architecture: 'x86_64' | 'arm64',
): void {
  const nobody = assembler.newLabel('nobody');
  if (access === 'enter') assembler.load(8, 'r3', 'r1', SECOND_ARGUMENT);
  else {
    const { offset, size } = MACHINE_REGISTERS[architecture].syscallNumber;
    assembler.alu('=', 'r6', 'r1');
    assembler.load(8, 'r3', 'r1', REGISTERS_ARGUMENT);
    assembler.alu('+=', 'r3', offset);
    assembler.alu('=', 'r1', 'r10');
    assembler.alu('+=', 'r1', -8);
    assembler.alu('=', 'r2', size);
    assembler.call('probe_read_kernel');
    assembler.load(size, 'r3', 'r10', -8);
    assembler.alu('=', 'r1', 'r6');
  }
  // Numbers of other calling conventions must not reach the slots of the other access.
  assembler.jumpIf('>=', 'r3', SYSCALL_SLOTS, nobody);
  if (access === 'exit') assembler.alu('+=', 'r3', SYSCALL_SLOTS);
  assembler.map('r2', WELL_KNOWN_MAPS.syscalls);
  assembler.call('tail_call');
  assembler.bind(nobody);
  assembler.alu('=', 'r0', 0);
  assembler.exit();
}
