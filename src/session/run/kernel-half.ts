import type {
  KernelDescriptors,
  KernelProbePorts,
  OpenKernelProbes,
} from '../../bpf/loader/open-kernel-probes.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { Engine } from '../../runtime/engine.ts';

/**
 * The kernel half of a module in this process. It is there before its engine, which gets the records from `connect` on.
 */
export class KernelHalf {
  readonly probes: OpenKernelProbes;
  readonly #taker: { take: KernelProbePorts['take'] };

  /** `open` gets what the records go to. */
  constructor(open: (take: KernelProbePorts['take']) => OpenKernelProbes) {
    const taker: { take: KernelProbePorts['take'] } = { take: () => false };
    this.#taker = taker;
    this.probes = open((record) => taker.take(record));
  }

  /** `engine` runs the handlers. */
  connect(engine: Engine): void {
    this.#taker.take = (record) => engine.takeRecord(record);
  }
}

/**
 * Makes the kernel half of a module, not attached; undefined when it has none, and then nothing of the loader is loaded.
 * With `inherited` it is that of another process, attached
 * as it is. `warn` is told what cannot be probed. Throws `KernelProbeError`.
 */
export async function openKernelHalf(
  { kernel }: CompiledModule,
  rest: Omit<KernelProbePorts, 'take'>,
  inherited?: KernelDescriptors,
): Promise<KernelHalf | undefined> {
  if (kernel === undefined) return undefined;
  const loader = await import('../../bpf/loader/open-kernel-probes.ts');
  return new KernelHalf((take) =>
    inherited === undefined
      ? loader.openKernelProbes(kernel, { ...rest, take })
      : loader.adoptKernelProbes(kernel, { ...rest, take }, inherited),
  );
}
