import { KernelFeatures } from '../../bpf/loader/features.ts';
import { KernelProbeError } from '../../bpf/loader/kernel-probe-error.ts';
import { loadLoaderSystemCalls } from '../../bpf/loader/system-calls.ts';
import type { KernelFacts } from '../../probes/kernel-facts.ts';
import { functionProbes } from '../../symbols/function-probes.ts';
import { sampleTargets } from '../../symbols/running-kernel.ts';

/** How functions of the running kernel can be probed, by trying; `kernel` are facts about it. */
export function triedFunctionProbes(kernel: KernelFacts): ReturnType<KernelFacts['functionProbes']> {
  try {
    const features = new KernelFeatures(loadLoaderSystemCalls(), () => sampleTargets(kernel));
    return functionProbes((feature) => features.missing(feature), process.geteuid?.() === 0);
  } catch (error) {
    if (error instanceof KernelProbeError) return { reason: error.message };
    throw error;
  }
}
