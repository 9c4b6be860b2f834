import type { KernelFacts, ProbeEnvironment } from './kernel-facts.ts';

/** Ticks per second of most kernels; nothing depends on it where nothing is known. */
const USUAL_HZ = 250;

/** Facts about a kernel of which nothing is known, for the reason given: a sentence without full stop. */
export function unknownKernel(release: string, problem: string): KernelFacts {
  return {
    release,
    problem: () => problem,
    tracepoints: () => [],
    tracepointParameters: () => undefined,
    functionNames: () => [],
    functionFacts: () => undefined,
    type: () => undefined,
    enumerator: () => undefined,
    functionProbes: () => ({ reason: problem }),
    processors: 1,
    hz: USUAL_HZ,
  };
}

/** An environment in which neither the kernel nor any program can be asked, for the reason given. */
export function unknownEnvironment(problem: string): ProbeEnvironment {
  const nothing = (): { readonly problem: string } => ({ problem });
  return {
    kernel: unknownKernel('', problem),
    programs: { program: nothing, matching: () => [], library: nothing, programOf: nothing },
    target: {},
    guru: false,
  };
}
