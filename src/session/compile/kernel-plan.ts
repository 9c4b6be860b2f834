import { statSync } from 'node:fs';
import { planKernelPart, type KernelPlanOptions } from '../../bpf/plan/plan-kernel-part.ts';
import type { KernelPart } from '../../module/kernel-part.ts';
import type { Limits } from '../../module/limits.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import type { CheckedProgram } from '../../semantic/program.ts';
import type { StapOptions } from '../stap-options.ts';

/** The kernel half of a checked program; undefined when none of its probes fires in the kernel. */
export function planKernel(
  program: CheckedProgram,
  options: StapOptions,
  limits: Limits,
  environment: ProbeEnvironment,
): KernelPart | undefined {
  const { bufferSizeMb } = options;
  return planKernelPart(program, {
    environment,
    limits,
    mode: placementMode(options),
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    ...(bufferSizeMb !== undefined && { ringMegabytes: bufferSizeMb }),
    inodeOf: (path) => statSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false, bigint: true })?.ino,
  });
}

/** `-D STP_BPF=never`, `always`; anything else is as without. */
function placementMode({ definitions }: StapOptions): KernelPlanOptions['mode'] {
  const given = definitions.findLast(({ name }) => name === 'STP_BPF')?.value;
  return given === 'never' || given === 'always' ? given : 'auto';
}
