import { existsSync } from 'node:fs';
import type { KernelProgram } from '../../module/kernel-part.ts';
import { BPF_COMMAND, newAttributes } from './attributes.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import { createMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

/** What a kernel may have or not, as far as probes depend on it. */
export type KernelFeature =
  'btf' | 'ring-buffer' | 'raw-tracepoint' | 'tp-btf' | 'fentry' | 'kprobe' | 'uprobe' | 'uprobe-multi';

/** BTF ids in vmlinux of some tracepoint's type and of some function, to try programs with. */
export interface SampleTargets {
  readonly tracepoint: number;
  readonly kernelFunction: number;
}

const VMLINUX_BTF = '/sys/kernel/btf/vmlinux';
const EVENT_SOURCES = '/sys/bus/event_source/devices';
const BPF_TRACE_UPROBE_MULTI = 48;
const EBADF = 9;
/** r0 = 0; exit */
const EMPTY_CODE = Buffer.from('b7000000000000009500000000000000', 'hex').toString('base64');

/**
 * What the running kernel lets this process do. Each feature is tried when it is first asked for, and once. `targets`
 * are asked for only when `tp-btf` or `fentry` is; undefined when BTF has none.
 */
export class KernelFeatures {
  readonly #calls: LoaderSystemCalls;
  readonly #targets: () => SampleTargets | undefined;
  readonly #missing = new Map<KernelFeature, string | undefined>();

  constructor(calls: LoaderSystemCalls, targets: () => SampleTargets | undefined = () => undefined) {
    this.#calls = calls;
    this.#targets = targets;
  }

  /** Why the feature is not there, a sentence for the user; undefined when it is. */
  missing(feature: KernelFeature): string | undefined {
    if (!this.#missing.has(feature)) this.#missing.set(feature, this.#probe(feature));
    return this.#missing.get(feature);
  }

  #probe(feature: KernelFeature): string | undefined {
    switch (feature) {
      case 'btf':
        return existsSync(VMLINUX_BTF)
          ? undefined
          : `this kernel has no type information (${VMLINUX_BTF}, CONFIG_DEBUG_INFO_BTF)`;
      case 'ring-buffer':
        return this.#tried('this kernel has no ring buffers for eBPF (Linux 5.8)', () =>
          this.#tryRingBuffer(),
        );
      case 'raw-tracepoint':
        return this.#tryProgram('this kernel does not let programs use raw tracepoints', {
          type: 'raw-tracepoint',
        });
      case 'tp-btf':
        return this.#tryTracing('tracepoint', 'this kernel does not let programs use typed tracepoints');
      case 'fentry':
        return this.#tryTracing('fentry', 'this kernel does not let programs probe functions by fentry');
      case 'kprobe':
        return this.#eventSource('kprobe', 'this kernel has no kprobes (CONFIG_KPROBE_EVENTS)');
      case 'uprobe':
        return this.#eventSource('uprobe', 'this kernel has no uprobes (CONFIG_UPROBE_EVENTS)');
      case 'uprobe-multi':
        return this.#tried('this kernel cannot attach a program to many functions at once (Linux 6.6)', () =>
          this.#tryUprobeMulti(),
        );
    }
  }

  #eventSource(name: string, sentence: string): string | undefined {
    if (!existsSync(`${EVENT_SOURCES}/${name}/type`)) return sentence;
    return this.#tryProgram(sentence, { type: 'kprobe' });
  }

  #tryTracing(attach: 'tracepoint' | 'fentry', sentence: string): string | undefined {
    const noTypes = this.missing('btf');
    if (noTypes !== undefined) return noTypes;
    const targets = this.#targets();
    if (targets === undefined) return `${sentence}: its type information names none`;
    const btfId = attach === 'tracepoint' ? targets.tracepoint : targets.kernelFunction;
    return this.#tryProgram(sentence, { type: 'tracing', expectedAttach: attach, btfId });
  }

  #tryProgram(
    sentence: string,
    kind: Pick<KernelProgram, 'type' | 'expectedAttach' | 'btfId'>,
  ): string | undefined {
    return this.#tried(sentence, () => this.#calls.close(this.#loadEmpty(kind)));
  }

  #loadEmpty(kind: Pick<KernelProgram, 'type' | 'expectedAttach' | 'btfId' | 'isMulti'>): number {
    const empty = { name: 'stap_feature', code: EMPTY_CODE, relocations: [], places: [] };
    return loadProgram(this.#calls, { ...empty, ...kind }, []);
  }

  #tryRingBuffer(): void {
    const maxEntries = this.#calls.pageBytes;
    const shape = { keyBytes: 0, valueBytes: 0, maxEntries, mapped: true } as const;
    createMap(this.#calls, { name: 'stap_feature', type: 'ring-buffer', ...shape }).close();
  }

  /** A directory is no program: a kernel that knows the kind of link says EBADF, an older one EINVAL. */
  #tryUprobeMulti(): void {
    const program = this.#loadEmpty({ type: 'kprobe', isMulti: true });
    const path = Buffer.from('/\0');
    const offset = Buffer.alloc(8);
    const attributes = newAttributes();
    attributes.writeInt32LE(program, 0);
    attributes.writeUInt32LE(BPF_TRACE_UPROBE_MULTI, 8);
    attributes.writeBigUInt64LE(this.#calls.address(path), 16);
    attributes.writeBigUInt64LE(this.#calls.address(offset), 24);
    attributes.writeUInt32LE(1, 48);
    const result = this.#calls.bpf(BPF_COMMAND.linkCreate, attributes);
    this.#calls.close(program);
    if (result !== -EBADF) throw new KernelProbeError('EINVAL', 'links of this kind are unknown');
  }

  #tried(sentence: string, attempt: () => void): string | undefined {
    try {
      attempt();
      return undefined;
    } catch (error) {
      if (!(error instanceof KernelProbeError)) throw error;
      return `${sentence}: ${error.message}`;
    }
  }
}
