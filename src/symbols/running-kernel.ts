import { release as systemRelease } from 'node:os';
import type { BtfReader } from '../btf/btf-reader.ts';
import type { KernelFacts, TracepointFacts } from '../probes/kernel-facts.ts';
import { functionFacts, functionNames } from './kernel-functions.ts';
import { onlineProcessors, ticksPerSecond } from './kernel-configuration.ts';
import { kernelTypes, type KeptFiles, type KernelTypes } from './kernel-btf.ts';
import { btfTracepointParameters, tracepointNamed } from './kernel-tracepoints.ts';
import { findEnumerator, typeFacts } from './kernel-types.ts';
import { moduleTypes, modulesWithTypes, type ModuleTypes } from './module-types.ts';
import { findNamedType } from './named-type.ts';
import { TracepointGroups } from './tracepoint-groups.ts';

const TYPES_FOLDER = '/sys/kernel/btf';
const VMLINUX_BTF = `${TYPES_FOLDER}/vmlinux`;

/** What the facts are read from, where that is not plain files. */
export interface RunningKernelSources {
  /** Whether functions can be probed is known only by trying: bpf/loader does, when this is called. */
  readonly functionProbes?: KernelFacts['functionProbes'];
  /** The kernel's types; those of the running kernel when not given. */
  readonly typesPath?: string;
  /** Where what was found in the types is kept for later runs; nowhere when not given. */
  readonly kept?: () => KeptFiles | undefined;
}

/** Facts about the kernel that runs this process. Nothing is read before somebody asks, and everything only once. */
export function runningKernel(sources: RunningKernelSources = {}): KernelFacts {
  return new RunningKernel(sources);
}

class RunningKernel implements KernelFacts {
  readonly release = systemRelease();
  readonly #sources: RunningKernelSources;
  #types: KernelTypes | undefined;
  #tracepoints: readonly TracepointFacts[] | undefined;
  readonly #groups = new TracepointGroups();
  #functionNames: readonly string[] | undefined;
  readonly #modules = new Map<string, ModuleTypes | undefined>();
  #hz: number | undefined;
  #functionProbes: ReturnType<KernelFacts['functionProbes']> | undefined;

  constructor(sources: RunningKernelSources) {
    this.#sources = sources;
  }

  problem(): string | undefined {
    const types = this.#readTypes();
    return 'problem' in types ? types.problem : undefined;
  }

  tracepoints(): readonly TracepointFacts[] {
    if (this.#tracepoints !== undefined) return this.#tracepoints;
    const types = this.#readTypes();
    const names = 'problem' in types ? [] : types.tracepointNames();
    const groupOf = (name: string) => this.#groups.of(name);
    return (this.#tracepoints = names.map((name) => tracepointNamed(name, groupOf)));
  }

  tracepointParameters(name: string): ReturnType<KernelFacts['tracepointParameters']> {
    return this.#ask(undefined, (reader) => btfTracepointParameters(reader, name));
  }

  moduleNames(): readonly string[] {
    return modulesWithTypes(TYPES_FOLDER);
  }

  functionNames(module?: string): readonly string[] {
    if (module !== undefined) return this.#moduleTypes(module)?.functionNames() ?? [];
    return (this.#functionNames ??= this.#ask([], functionNames));
  }

  functionFacts(name: string, module?: string): ReturnType<KernelFacts['functionFacts']> {
    if (module !== undefined) {
      const types = this.#moduleTypes(module);
      return types && functionFacts(types.reader, name);
    }
    return this.#ask(undefined, (reader) => functionFacts(reader, name));
  }

  type(name: string): ReturnType<KernelFacts['type']> {
    return this.#ask(undefined, (reader) => {
      const id = findNamedType(reader, name);
      return id === undefined ? undefined : typeFacts(reader, id);
    });
  }

  enumerator(name: string): ReturnType<KernelFacts['enumerator']> {
    return this.#ask(undefined, (reader) => findEnumerator(reader, name));
  }

  functionProbes(): ReturnType<KernelFacts['functionProbes']> {
    return (this.#functionProbes ??= this.#sources.functionProbes?.() ?? {
      reason: 'nobody has tried whether functions of this kernel can be probed',
    });
  }

  get processors(): number {
    return onlineProcessors();
  }

  get hz(): number {
    return (this.#hz ??= ticksPerSecond(this.release));
  }

  #moduleTypes(module: string): ModuleTypes | undefined {
    if (this.#modules.has(module)) return this.#modules.get(module);
    const kernel = this.#readTypes();
    const types = 'problem' in kernel ? undefined : moduleTypes(TYPES_FOLDER, module, kernel.store);
    this.#modules.set(module, types);
    return types;
  }

  #ask<Answer>(without: Answer, question: (reader: BtfReader) => Answer): Answer {
    const types = this.#readTypes();
    return 'problem' in types ? without : question(types.reader);
  }

  #readTypes(): KernelTypes {
    const { typesPath = VMLINUX_BTF, kept } = this.#sources;
    return (this.#types ??= kernelTypes(typesPath, this.release, kept?.()));
  }
}

/** BTF ids by which `KernelFeatures` of bpf/loader tries typed tracepoints and probes of functions. */
export function sampleTargets(
  facts: KernelFacts,
): { readonly tracepoint: number; readonly kernelFunction: number } | undefined {
  const tracepoint = facts.tracepointParameters('sched_switch')?.btfId;
  const kernelFunction = facts.functionFacts('vfs_read')?.btfId;
  return tracepoint === undefined || kernelFunction === undefined
    ? undefined
    : { tracepoint, kernelFunction };
}
