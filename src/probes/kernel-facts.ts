import type { Int64 } from '../int64/int64.ts';

/*
 * What the compiler asks about the kernel and about programs: ports, so that everything up to `translate` runs without
 * a kernel. symbols/ answers from BTF, tracefs and ELF; tests from recorded fixtures.
 */

/** Types as BTF has them; typedefs and qualifiers are followed, `spelling` is what listings show (`struct page*`). */
export type TypeFacts = { readonly spelling: string } & (
  | { readonly kind: 'void' }
  | {
      readonly kind: 'integer';
      readonly size: number;
      readonly signed: boolean;
      readonly isCharacter: boolean;
    }
  | { readonly kind: 'float'; readonly size: number }
  | {
      readonly kind: 'pointer';
      readonly to: () => TypeFacts;
      /** Tagged `__user`. */ readonly isUser: boolean;
    }
  | { readonly kind: 'array'; readonly element: () => TypeFacts; readonly length: number }
  | {
      readonly kind: 'struct' | 'union';
      /** Empty for an anonymous one. */
      readonly name: string;
      readonly size: number;
      readonly members: () => readonly MemberFacts[];
    }
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly enumerators: () => readonly { readonly name: string; readonly value: Int64 }[];
    }
  | { readonly kind: 'function' }
);

/** Members of anonymous structs and unions are reached through a member with an empty name. */
export interface MemberFacts {
  readonly name: string;
  readonly type: TypeFacts;
  readonly bitOffset: number;
  /** Bit fields only. */
  readonly bitSize?: number;
}

export interface ParameterFacts {
  readonly name: string;
  readonly type: TypeFacts;
}

export interface TracepointFacts {
  /** `sched`; undefined when the kernel does not tell (no tracefs). */
  readonly group: string | undefined;
  readonly name: string;
}

/** How functions of a kernel can be probed: `hasKprobes` when not by `by` alone. A reason when not at all. */
export type FunctionProbes =
  | { readonly by: 'fentry'; readonly hasKprobes?: boolean }
  | { readonly by: 'kprobe' }
  | { readonly reason: string };

/** The running kernel, or one whose facts were recorded. Everything is read when it is first asked for. */
export interface KernelFacts {
  readonly release: string;
  /** Why there is nothing to ask (no BTF, no privileges), as a sentence without full stop; undefined when there is. */
  problem(): string | undefined;
  tracepoints(): readonly TracepointFacts[];
  /** Parameters of a tracepoint without its internal data pointer, and the BTF id that a program is attached by. */
  tracepointParameters(
    name: string,
  ): { readonly btfId: number; readonly parameters: readonly ParameterFacts[] } | undefined;
  /** Kernel modules that are loaded and whose functions are known. */
  moduleNames?(): readonly string[];
  /** Names of the functions that BTF describes: of the kernel, or of a module. */
  functionNames(module?: string): readonly string[];
  functionFacts(
    name: string,
    module?: string,
  ):
    | { readonly btfId: number; readonly parameters: readonly ParameterFacts[]; readonly result: TypeFacts }
    | undefined;
  /** A type by its C name: `task_struct`, `struct task_struct`, `pid_t`. */
  type(name: string): TypeFacts | undefined;
  enumerator(name: string): Int64 | undefined;
  functionProbes(): FunctionProbes;
  /** Number of processors, ticks per second. */
  readonly processors: number;
  readonly hz: number;
}

/** A function of a program or library. */
export interface FunctionSymbolFacts {
  readonly name: string;
  /** Offset in the file of the instruction to probe at entry: behind an `endbr64`. */
  readonly entryOffset: number;
  /** Offset of the first instruction. */
  readonly offset: number;
  readonly size: number;
  readonly isGlobal: boolean;
}

/** A mark as `.note.stapsdt` describes it; one for each place it was compiled into. */
export interface MarkFacts {
  readonly provider: string;
  readonly name: string;
  /** Offset in the file. */
  readonly offset: number;
  /** Virtual address minus file offset at that place, for arguments relative to the instruction pointer. */
  readonly loadBias: number;
  readonly semaphoreOffset?: number;
  /** As written: `8@%rdi -4@-20(%rbp) 4@$5`. */
  readonly argumentText: string;
}

/** One ELF file. */
export interface ProgramSymbols {
  /** Canonical path. */
  readonly path: string;
  readonly buildId: string | undefined;
  /** undefined for processors that are not known. */
  readonly architecture: 'x86_64' | 'arm64' | undefined;
  functions(): readonly FunctionSymbolFacts[];
  marks(): readonly MarkFacts[];
  /** Offset in the file of a virtual address; undefined when the file holds no byte for it. */
  offsetOfAddress(address: number): number | undefined;
  /** Virtual address of a variable by its symbol; undefined when there is none. */
  variableAddress(name: string): number | undefined;
  /** Canonical paths of the libraries it is linked with, itself not included. */
  libraries(): readonly string[];
}

/** Finds and reads programs and libraries. */
export interface ProgramFacts {
  /** By absolute path, or through $PATH; a sentence without full stop when there is none or it is no ELF file. */
  program(name: string): ProgramSymbols | { readonly problem: string };
  /** Executable ELF files whose paths match a pattern (`*`, `?`, `[a-z]`, `**`), each once. */
  matching(pattern: string): readonly ProgramSymbols[];
  /** A library by path, or by name (`libc.so.6`, `libc`) among those of a program. */
  library(name: string, of: ProgramSymbols): ProgramSymbols | { readonly problem: string };
  /** Program of a running process. */
  programOf(pid: number): ProgramSymbols | { readonly problem: string };
}

/** What families of kernel and process probes are given beside the point. @public */
export interface ProbeEnvironment {
  readonly kernel: KernelFacts;
  readonly programs: ProgramFacts;
  /** -c or -x: `process` without an argument means it. */
  readonly target: { readonly command?: string; readonly pid?: number };
  /** -g. */
  readonly guru: boolean;
  /** Processor whose system calls are meant; x86_64 when not given. */
  readonly architecture?: 'x86_64' | 'arm64';
  /** Whether this process has the privileges that probes in the kernel need; false when not given. */
  readonly mayProbe?: () => boolean;
}
