import type { KernelFeature } from '../bpf/loader/features.ts';
import type { KernelFacts } from '../probes/kernel-facts.ts';

/**
 * How functions of a kernel can be probed, as far as `missing` tells: the faster way first. For root the details are left
 * out, because they speak of privileges.
 */
export function functionProbes(
  missing: (feature: KernelFeature) => string | undefined,
  isRoot: boolean,
): ReturnType<KernelFacts['functionProbes']> {
  const noFentry = missing('fentry');
  const noKprobe = missing('kprobe');
  if (noFentry === undefined) return { by: 'fentry', hasKprobes: noKprobe === undefined };
  if (noKprobe === undefined) return { by: 'kprobe' };
  const [first, second] = [noFentry, noKprobe].map((reason) => (isRoot ? withoutDetails(reason) : reason));
  return { reason: `probes of kernel functions need fentry or kprobes: ${first}; ${second}` };
}

function withoutDetails(reason: string): string {
  const colon = reason.indexOf(': ');
  return colon < 0 ? reason : reason.slice(0, colon);
}
