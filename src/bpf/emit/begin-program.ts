import { CELLS, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { Assembler, Label } from '../assembler.ts';
import type { KernelProgramSource } from '../ir.ts';
import type { EmitContext } from './emit-context.ts';
import { CONTEXT } from './emission.ts';
import type { EmissionCore, ProbeIndex } from './emission.ts';
import { mentions } from './mentions.ts';
import { Frame, ScratchRoom } from './room.ts';
import { writeSyscallFrame } from './syscall-frame.ts';

/** Writes what every part of a program needs. Goes to `leave` when the event is none for the probe. */
export function beginProgram(
  assembler: Assembler,
  source: KernelProgramSource,
  target: EmitContext,
  leave: Label,
): EmissionCore {
  const { context } = source;
  const frame = new Frame();
  const probe = writeProbeIndex(assembler, frame, source.probe, target, leave);
  const isSyscall = context === 'syscall-enter' || context === 'syscall-exit';
  const kinds = ['syscall-argument', ...(context === 'syscall-exit' ? ['syscall-number'] : [])];
  const syscallFrame = isSyscall
    ? writeSyscallFrame(assembler, frame, target.architecture, mentions(source, kinds), leave)
    : undefined;
  return { assembler, frame, scratch: new ScratchRoom(), target, context, probe, syscallFrame };
}

function writeProbeIndex(
  assembler: Assembler,
  frame: Frame,
  index: number | undefined,
  { maps }: EmitContext,
  leave: Label,
): ProbeIndex {
  if (index !== undefined) return { kind: 'constant', index };
  const cells = maps[WELL_KNOWN_MAPS.cells];
  const probes = Math.floor(((cells?.valueBytes ?? 0) - CELLS.hits) / 8);
  const offset = frame.allocate(8);
  assembler.alu('=', 'r1', CONTEXT);
  assembler.call('get_attach_cookie');
  assembler.jumpIf('>=', 'r0', Math.max(probes, 0), leave);
  assembler.store(8, 'r10', offset, 'r0');
  return { kind: 'stack', offset };
}
