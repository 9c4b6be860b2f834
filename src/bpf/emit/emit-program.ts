import type { KernelProgramSource } from '../ir.ts';
import { Assembler } from '../assembler.ts';
import type { EmitContext, EmittedCode } from './emit-context.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';
import { writeSyscallDispatch } from './syscall-dispatch.ts';

export type { EmitContext, EmittedCode } from './emit-context.ts';

/** The instructions of one program. Throws `UnwritableProgramError` when it is beyond the limits of eBPF. */
export function emitProgram(source: KernelProgramSource, context: EmitContext): EmittedCode {
  throw new UnwritableProgramError(`${source.name} cannot be written for ${context.architecture}`);
}

/**
 * The program on sys_enter or sys_exit that enters the one of the system call: slot `number` of the map `syscalls`, or
 * SYSCALL_SLOTS + `number` at exit.
 */
export function emitSyscallDispatch(access: 'enter' | 'exit', context: EmitContext): EmittedCode {
  const assembler = new Assembler();
  writeSyscallDispatch(assembler, access, context.architecture);
  return emittedCode(assembler);
}

function emittedCode(assembler: Assembler): EmittedCode {
  const { code, relocations, places } = assembler.finish();
  return { code: Buffer.from(code).toString('base64'), relocations, places };
}
