import type { KernelFeature } from '../bpf/loader/features.ts';
import type { KernelFacts } from '../probes/kernel-facts.ts';

/** How functions of a kernel can be probed, as far as `missing` tells: the faster way first. */
export function functionProbes(
  missing: (feature: KernelFeature) => string | undefined,
): ReturnType<KernelFacts['functionProbes']> {
  const noFentry = missing('fentry');
  if (noFentry === undefined) return { by: 'fentry' };
  const noKprobe = missing('kprobe');
  if (noKprobe === undefined) return { by: 'kprobe' };
  return { reason: `probes of kernel functions need fentry or kprobes: ${noFentry}; ${noKprobe}` };
}
