import type { ScriptFile } from '../../src/ast/declaration.ts';
import { BenchKernel } from '../../src/bpf/plan/testing/bench-kernel.ts';
import { planKernelPart } from '../../src/bpf/plan/plan-kernel-part.ts';
import { TASK_ENVIRONMENT } from '../../src/bpf/plan/testing/task-structure.ts';
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts';
import { createDiagnosticRenderer } from '../../src/diagnostic/render.ts';
import type { CompiledModule } from '../../src/module/compiled-module.ts';
import type { ProbeEnvironment } from '../../src/probes/kernel-facts.ts';
import { Engine } from '../../src/runtime/engine.ts';
import { intrinsics } from '../../src/runtime/intrinsics/table.ts';
import { limitsFromDefines } from '../../src/runtime/limits.ts';
import { loadRegexCompiler } from '../../src/runtime/regex.ts';
import { memoryWorld, PLAIN_OPTIONS } from '../../src/runtime/testing/memory-ports.ts';
import { analyze } from '../../src/semantic/analyze.ts';
import { ProbeDeriver } from '../../src/semantic/derive/probe-deriver.ts';
import { runningKernel } from '../../src/symbols/running-kernel.ts';
import type { Library } from '../../src/tapset/library.ts';
import { translate } from '../../src/translate/translate.ts';
import type { ReferenceRun } from './reference-interpreter.ts';
import { fireAtOnce } from './simultaneous-events.ts';

const environment: ProbeEnvironment = { ...TASK_ENVIRONMENT, kernel: runningKernel() };

/** How handlers of events are compiled. */
export interface KernelPipelineOptions {
  /** `-D STP_BPF` */
  readonly mode: 'auto' | 'never';
  /** `-D` */
  readonly defines: readonly string[];
}

/** A module with probes of the running kernel. Throws an Error with the messages when it does not compile. */
export function compileForKernel(
  file: ScriptFile,
  library: Library,
  { mode, defines }: KernelPipelineOptions,
): CompiledModule {
  const findings: Diagnostic[] = [];
  const sink = { report: (finding: Diagnostic) => void findings.push(finding) };
  const limits = limitsFromDefines(defines);
  const deriver = new ProbeDeriver({ scripts: [file], library, sink, environment });
  const program = analyze({ userFiles: [file], library, deriver, options: {} }, sink);
  const plan =
    program &&
    planKernelPart(program, {
      environment,
      limits,
      mode,
      architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
      ringMegabytes: 1,
      inodeOf: () => undefined,
    });
  if (program === undefined || plan === undefined)
    throw new Error(findings.map(createDiagnosticRenderer()).join(''));
  const { part, pausing } = plan;
  const cells = new Set(part.globals.flatMap((of) => (of.kind === 'cell' ? [of.global] : [])));
  const options = { limits, suppressTimeLimits: false, unoptimized: false, kernel: { cells, pausing } };
  const module = translate(program, options, sink);
  if (module === undefined) throw new Error(findings.map(createDiagnosticRenderer()).join(''));
  return { ...module, kernel: part };
}

/** Why the handlers of a module do not run in the kernel; empty when they do. */
export function deferralReasons(module: CompiledModule): readonly string[] {
  return Object.values(module.kernel?.placements ?? {}).flatMap((placement) =>
    placement.where === 'deferred' ? [placement.reason] : [],
  );
}

/**
 * Runs a module from its begin to its end probes. Between them its programs run in the kernel for each event, given by the
 * arguments of the tracepoint. `paused`: all handlers are deferred meanwhile.
 */
export function runWithEvents(
  module: CompiledModule,
  events: readonly (readonly bigint[])[],
  paused = false,
): Promise<ReferenceRun> {
  return runAround(module, paused, (kernel, programs) => {
    for (const args of events)
      for (let program = 0; program < programs; program++) kernel.fire(program, args);
  });
}

/** As `runWithEvents`, in several threads at once, each of which goes through the events `rounds` times. */
export function runWithSimultaneousEvents(
  module: CompiledModule,
  events: readonly (readonly bigint[])[],
  times: { readonly threads: number; readonly rounds: number },
): Promise<ReferenceRun> {
  return runAround(module, false, async (kernel, programs) => {
    for (let program = 0; program < programs; program++)
      await fireAtOnce(kernel.descriptor(program), events, times);
    kernel.drain();
  });
}

async function runAround(
  module: CompiledModule,
  paused: boolean,
  fire: (kernel: BenchKernel, programs: number) => void | Promise<void>,
): Promise<ReferenceRun> {
  if (module.kernel === undefined) throw new Error('the module has no kernel part');
  const kernel = new BenchKernel(module.kernel, paused);
  const world = memoryWorld(intrinsics, module.needs.regex ? await loadRegexCompiler() : undefined);
  try {
    const engine = new Engine(module, { ...world.ports, kernelProbes: kernel }, PLAIN_OPTIONS);
    kernel.take = (record) => engine.takeRecord(record);
    if (engine.start()) {
      engine.activate();
      await fire(kernel, module.kernel.programs.length);
      await engine.stop();
    }
    const errors = world.messages.filter(({ kind }) => kind === 'error').map(({ text }) => text);
    return { output: world.output.text, errors };
  } finally {
    kernel.close();
  }
}
