import { statSync } from 'node:fs';
import { planKernelPart, type KernelPlan, type KernelPlanOptions } from '../../bpf/plan/plan-kernel-part.ts';
import { fromBigInt, type Int64 } from '../../int64/int64.ts';
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
): KernelPlan | undefined {
  const { bufferSizeMb } = options;
  return planKernelPart(program, {
    environment,
    limits,
    mode: placementMode(options),
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    ...(bufferSizeMb !== undefined && { ringMegabytes: bufferSizeMb }),
    inodeOf,
  });
}

/** `-D STP_BPF=auto`, `always`; anything else, and nothing: handlers run in the engine. */
function placementMode({ definitions }: StapOptions): KernelPlanOptions['mode'] {
  const given = definitions.findLast(({ name }) => name === 'STP_BPF')?.value;
  return given === 'auto' || given === 'always' ? given : 'never';
}

function inodeOf(path: string): Int64 | undefined {
  const status = statSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false, bigint: true });
  return status && fromBigInt(status.ino);
}
