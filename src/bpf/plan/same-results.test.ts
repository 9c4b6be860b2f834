import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelProbeError } from '../loader/kernel-probe-error.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import { Engine } from '../../runtime/engine.ts';
import { intrinsics } from '../../runtime/intrinsics/table.ts';
import { limitsFromDefines } from '../../runtime/limits.ts';
import { memoryWorld, PLAIN_OPTIONS } from '../../runtime/testing/memory-ports.ts';
import { runningKernel } from '../../symbols/running-kernel.ts';
import { translate } from '../../translate/translate.ts';
import { hasEbpf } from '../loader/testing/ebpf-access.ts';
import { planKernelPart } from './plan-kernel-part.ts';
import { arbitraryScript } from './testing/arbitrary-script.ts';
import { BenchKernel } from './testing/bench-kernel.ts';
import { compileEventScript } from './testing/compile-handler.ts';
import { TASK_ENVIRONMENT } from './testing/task-structure.ts';

interface Result {
  readonly output: string;
  readonly messages: readonly string[];
  readonly placement: string;
}

/** Arrays are full soon. */
const LIMITS = limitsFromDefines(['MAXMAPENTRIES=6']);
const environment: ProbeEnvironment = { ...TASK_ENVIRONMENT, kernel: runningKernel() };

function compile(script: string, mode: 'auto' | 'never'): CompiledModule {
  const program = compileEventScript(script);
  const plan = planKernelPart(program, {
    environment,
    limits: LIMITS,
    mode,
    architecture: 'x86_64',
    ringMegabytes: 1,
    inodeOf: () => undefined,
  });
  if (plan === undefined) throw new Error('no probe of the kernel');
  const { part, pausing } = plan;
  const cells = new Set(part.globals.flatMap(({ kind, global }) => (kind === 'cell' ? [global] : [])));
  const module = translate(
    program,
    { limits: LIMITS, suppressTimeLimits: false, unoptimized: false, kernel: { cells, pausing } },
    {
      report: ({ message }) => {
        throw new Error(message);
      },
    },
  );
  if (module === undefined) throw new Error('not translated');
  return { ...module, kernel: part };
}

async function run(
  module: CompiledModule,
  events: readonly (readonly bigint[])[],
  isPaused: boolean,
): Promise<Result> {
  if (module.kernel === undefined) throw new Error('no kernel part');
  const kernel = new BenchKernel(module.kernel, isPaused);
  const { ports, output, messages } = memoryWorld(intrinsics);
  try {
    const engine = new Engine(module, { ...ports, kernelProbes: kernel }, PLAIN_OPTIONS);
    kernel.take = (record) => engine.takeRecord(record);
    engine.start();
    engine.activate();
    for (const args of events) kernel.fire(0, args);
    await engine.stop();
    const [placement] = Object.values(module.kernel.placements);
    return {
      output: output.text,
      messages: messages.map(({ kind, text }) => `${kind}: ${text}`),
      placement: placement?.where === 'deferred' ? placement.reason : 'kernel',
    };
  } finally {
    kernel.close();
  }
}

/** Branches behind branches may be more than the verifier follows; anything else is thrown. */
function tooComplex(error: unknown): undefined {
  if (!(error instanceof KernelProbeError && error.code === 'E2BIG')) throw error;
}

const argument = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -20n, max: 20n }),
);
const arbitraryEvents = fc.array(fc.tuple(argument, argument, argument), { minLength: 1, maxLength: 12 });

describe.skipIf(!hasEbpf())('a handler in the kernel', () => {
  it('leaves the same globals and output as in the engine, and as deferred while paused', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryScript, arbitraryEvents, async (script, events) => {
        const module = compile(script, 'auto');
        const inKernel = await run(module, events, false).catch(tooComplex);
        fc.pre(inKernel !== undefined && inKernel.placement !== 'is too long');
        const inEngine = await run(compile(script, 'never'), events, false);
        expect(inKernel.placement).toBe('kernel');
        expect({ ...inKernel, placement: '' }).toEqual({ ...inEngine, placement: '' });
        expect(await run(module, events, true)).toEqual(inKernel);
      }),
      // A handler that differs is not made smaller for hours.
      { numRuns: 200, interruptAfterTimeLimit: 120_000 },
    );
  }, 300_000);
});
