import { CELLS, MODULE_STATE, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import { Assembler } from '../assembler.ts';
import type { Label } from '../assembler.ts';
import type { KernelProgramSource } from '../ir.ts';
import { writeCapture } from './capture.ts';
import type { EmitContext, EmittedCode } from './emit-context.ts';
import { CONTEXT } from './emission.ts';
import { createEmission } from './create-emission.ts';
import { writeSyscallDispatch } from './syscall-dispatch.ts';

export type { EmitContext, EmittedCode } from './emit-context.ts';

/** The instructions of one program. Throws `UnwritableProgramError` when it is beyond the limits of eBPF. */
export function emitProgram(source: KernelProgramSource, target: EmitContext): EmittedCode {
  const assembler = new Assembler();
  const done = assembler.newLabel('done');
  const off = assembler.newLabel('off');
  assembler.alu('=', CONTEXT, 'r1');
  assembler.mapValue('r1', WELL_KNOWN_MAPS.cells, CELLS.state);
  assembler.load(4, 'r1', 'r1', 0);
  assembler.jumpIf('==', 'r1', MODULE_STATE.off, off);
  const emission = createEmission(assembler, source, target, done);
  if (source.guard !== undefined) emission.jumpWhen(source.guard, false, done);
  writeCapture(emission, source.capture, done);
  assembler.bind(done);
  writeContinuation(assembler, source.continueAt);
  writeEnd(assembler, off);
  return emittedCode(assembler);
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

function writeContinuation(assembler: Assembler, slot: number | undefined): void {
  if (slot === undefined) return;
  assembler.alu('=', 'r1', CONTEXT);
  assembler.map('r2', WELL_KNOWN_MAPS.syscalls);
  assembler.alu('=', 'r3', slot);
  assembler.call('tail_call');
}

function writeEnd(assembler: Assembler, off: Label): void {
  assembler.bind(off);
  assembler.alu('=', 'r0', 0);
  assembler.exit();
}

function emittedCode(assembler: Assembler): EmittedCode {
  const { code, relocations, places } = assembler.finish();
  return { code: Buffer.from(code).toString('base64'), relocations, places };
}
