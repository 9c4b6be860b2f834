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
  const mode = placementMode(options, sink);
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

/** What `-D STP_BPF=MODE` says; other words are reported. */
function placementMode(options: StapOptions, sink: DiagnosticSink): KernelPlanOptions['mode'] {
  const given = definition(options, 'STP_BPF');
  switch (given) {
    case 'auto':
    case 'never':
    case 'always':
      return given;
    case undefined:
      return 'auto';
    default: {
      const message = `-D STP_BPF=${given}: it can be auto, never or always`;
      sink.report({ kind: 'input-error', code: 'handler-place-unknown', message });
      return 'auto';
    }
  }
}

/** Value of `-D NAME=VALUE`. */
function definition({ definitions }: StapOptions, wanted: string): string | undefined {
  return definitions.findLast(({ name }) => name === wanted)?.value;
}

function inodeOf(path: string): Int64 | undefined {
  const status = statSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false, bigint: true });
  return status && fromBigInt(status.ino);
}
