import { statSync } from 'node:fs';
import { planKernelPart, type KernelPlan, type KernelPlanOptions } from '../../bpf/plan/plan-kernel-part.ts';
import type { DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import { fromBigInt, type Int64 } from '../../int64/int64.ts';
import type { Limits } from '../../module/limits.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import { translationError } from '../../semantic/messages.ts';
import type { CheckedProgram } from '../../semantic/program.ts';
import type { StapOptions } from '../stap-options.ts';

/**
 * The kernel half of a checked program; undefined when none of its probes fires in the kernel. With `-D STP_BPF=always`,
 * handlers that cannot run there are reported.
 */
export function planKernel(
  program: CheckedProgram,
  options: StapOptions,
  limits: Limits,
  environment: ProbeEnvironment,
  sink: DiagnosticSink,
): KernelPlan | undefined {
  const { bufferSizeMb } = options;
  const mode = placementMode(options);
  const plan = planKernelPart(program, {
    environment,
    limits,
    mode,
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    ...(bufferSizeMb !== undefined && { ringMegabytes: bufferSizeMb }),
    iteratorFiles: definition(options, 'STP_PROCFS_ITER') === '1',
    inodeOf,
  });
  if (plan !== undefined && mode === 'always') reportDeferred(program, plan, sink);
  return plan;
}

function reportDeferred({ probes }: CheckedProgram, { part }: KernelPlan, sink: DiagnosticSink): void {
  for (const [index, { token }] of probes.entries()) {
    const placement = part.placements[index];
    if (placement?.where !== 'deferred') continue;
    const message = `handler cannot run in the kernel as STP_BPF=always asks: it ${placement.reason}`;
    sink.report(translationError('handler-not-in-kernel', message, token));
  }
}

/** `-D STP_BPF=never`, `always`; anything else is as without. */
function placementMode(options: StapOptions): KernelPlanOptions['mode'] {
  const given = definition(options, 'STP_BPF');
  return given === 'never' || given === 'always' ? given : 'auto';
}

/** Value of `-D NAME=VALUE`. */
function definition({ definitions }: StapOptions, wanted: string): string | undefined {
  return definitions.findLast(({ name }) => name === wanted)?.value;
}

function inodeOf(path: string): Int64 | undefined {
  const status = statSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false, bigint: true });
  return status && fromBigInt(status.ino);
}
