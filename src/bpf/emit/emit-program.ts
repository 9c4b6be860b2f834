import { CELLS, MODULE_STATE, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import { Assembler } from '../assembler.ts';
import type { KernelProgramSource } from '../ir.ts';
import { beginProgram } from './begin-program.ts';
import { writeCapture } from './capture.ts';
import { connectEmission } from './connect-emission.ts';
import type { EmitContext, EmittedCode } from './emit-context.ts';
import { CONTEXT, SCRATCH } from './emission.ts';
import { writeHandler } from './handler.ts';
import { writeScratchClaim, writeScratchRelease } from './record-place.ts';
import { writeSyscallDispatch } from './syscall-dispatch.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

export type { EmitContext, EmittedCode } from './emit-context.ts';

/**
 * The instructions of one program. Throws `UnwritableProgramError` when it is beyond the limits of eBPF; then the handler
 * can still be deferred.
 */
export function emitProgram(source: KernelProgramSource, target: EmitContext): EmittedCode {
  const first = new Assembler();
  // What it needs is known when it is written; a program that needs scratch memory is written again.
  const needsScratch = writeProgram(first, source, target, false);
  if (!needsScratch) return emittedCode(first);
  const second = new Assembler();
  writeProgram(second, source, target, true);
  return emittedCode(second);
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

/** Jumps reach that far. */
const MOST_INSTRUCTIONS = 0x7fff;

/** Writes a program; whether it uses scratch memory outside of captures. */
function writeProgram(
  assembler: Assembler,
  source: KernelProgramSource,
  target: EmitContext,
  claimsScratch: boolean,
): boolean {
  const off = assembler.newLabel('off');
  const leave = assembler.newLabel('leave');
  const done = assembler.newLabel('done');
  assembler.alu('=', CONTEXT, 'r1');
  writeState(assembler);
  assembler.jumpIf('==', 'r1', MODULE_STATE.off, off);
  const known = assembler.length;
  const core = beginProgram(assembler, source, target, leave);
  const emission = connectEmission(core, {
    end: done,
    error: () => refuse('a capture cannot fail'),
    errorArgument: () => refuse('a capture cannot fail'),
    loadLocal: () => refuse('a capture has no locals'),
    storeLocal: () => refuse('a capture has no locals'),
    stringLocal: () => refuse('a capture has no locals'),
  });
  if (claimsScratch) writeScratchClaim(emission, SCRATCH, leave);
  if (source.guard !== undefined) emission.jumpWhen(source.guard, false, done);
  if (source.handler !== undefined) {
    const deferred = assembler.newLabel('deferred');
    if (assembler.length > known) writeState(assembler);
    assembler.jumpIf('==', 'r1', MODULE_STATE.paused, deferred);
    writeHandler(core, source.handler, done);
    assembler.bind(deferred);
  }
  writeCapture(emission, source.capture, done);
  assembler.bind(done);
  if (claimsScratch) writeScratchRelease(emission, SCRATCH);
  assembler.bind(leave);
  writeContinuation(assembler, source.continueAt);
  assembler.bind(off);
  assembler.alu('=', 'r0', 0);
  assembler.exit();
  return core.scratch.isUsed;
}

/** r1 = state of the module. */
function writeState(assembler: Assembler): void {
  assembler.mapValue('r1', WELL_KNOWN_MAPS.cells, CELLS.state);
  assembler.load(4, 'r1', 'r1', 0);
}

function writeContinuation(assembler: Assembler, slot: number | undefined): void {
  if (slot === undefined) return;
  assembler.alu('=', 'r1', CONTEXT);
  assembler.map('r2', WELL_KNOWN_MAPS.syscalls);
  assembler.alu('=', 'r3', slot);
  assembler.call('tail_call');
}

function refuse(reason: string): never {
  throw new UnwritableProgramError(reason);
}

function emittedCode(assembler: Assembler): EmittedCode {
  if (assembler.length > MOST_INSTRUCTIONS) refuse(`${assembler.length} instructions are too many`);
  const { code, relocations, places } = assembler.finish();
  return { code: Buffer.from(code).toString('base64'), relocations, places };
}
