import type { Int64 } from '../int64/int64.ts';
import type { RecordLayout } from '../module/event-record.ts';
import type { FormatPart } from '../module/format.ts';

/*
 * What runs in the kernel, between the script's tree and eBPF: trees of long and string values, and statements over
 * them. bpf/plan makes it from a checked program, bpf/emit writes instructions for it; a test interpreter runs it as it is.
 * Every construct means what the language means by it: wrapped signed 64-bit arithmetic, bytes for text.
 */

/** Where programs are attached, which decides what their context holds. */
export type KernelContext =
  /** Arguments of a raw tracepoint as 64-bit words. */
  | 'tracepoint'
  /** As `tracepoint`, of sys_enter and sys_exit, entered by tail call. */
  | 'syscall-enter'
  | 'syscall-exit'
  /** struct pt_regs of a uprobe, kprobe or perf event. */
  | 'registers'
  /** Arguments of a kernel function, then its result. */
  | 'fentry'
  | 'fexit';

/** A signed 64-bit value. */
export type LongExpression =
  | { readonly kind: 'constant'; readonly value: Int64 }
  /** 64-bit word of the context: argument of a tracepoint or kernel function. */
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'syscall-argument'; readonly index: number }
  | { readonly kind: 'syscall-number' }
  | { readonly kind: 'syscall-result' }
  /** Return value of the probed function. */
  | { readonly kind: 'result' }
  /** DWARF register number of the architecture; at functions by fentry and fexit only the instruction pointer: their address. */
  | { readonly kind: 'register'; readonly number: number }
  | { readonly kind: 'fact'; readonly fact: PrimitiveFact }
  /**
   * `size` bytes at the address, 0 when it cannot be read unless `onFault` names an error. The address is the argument
   * of that error, should it take one.
   */
  | {
      readonly kind: 'read';
      readonly space: 'kernel' | 'user';
      readonly address: LongExpression;
      readonly size: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly onFault?: number;
    }
  | { readonly kind: 'unary'; readonly operator: '-' | '~' | '!'; readonly operand: LongExpression }
  | {
      readonly kind: 'binary';
      readonly operator:
        | '+'
        | '-'
        | '*'
        | '/'
        | '%'
        | '&'
        | '|'
        | '^'
        | '<<'
        | '>>'
        | '>>>'
        | '=='
        | '!='
        | '<'
        | '<='
        | '>'
        | '>=';
      readonly left: LongExpression;
      readonly right: LongExpression;
      /** `/` and `%`: index of the error `division by 0`; absent: 0 then. */
      readonly onZero?: number;
    }
  | {
      readonly kind: 'logical';
      readonly operator: '&&' | '||';
      readonly left: LongExpression;
      readonly right: LongExpression;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: LongExpression;
      readonly consequent: LongExpression;
      readonly alternate: LongExpression;
    }
  | { readonly kind: 'local'; readonly slot: number }
  /** A scalar global in the cells. */
  | { readonly kind: 'cell'; readonly offset: number }
  /** Element of a global array of longs, 0 when there is none. `global` indexes KernelPart.globals. */
  | { readonly kind: 'element'; readonly global: number; readonly keys: readonly KernelValue[] }
  | { readonly kind: 'contains'; readonly global: number; readonly keys: readonly KernelValue[] }
  | {
      readonly kind: 'compare-strings';
      readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
      readonly left: StringExpression;
      readonly right: StringExpression;
    }
  | { readonly kind: 'string-length'; readonly operand: StringExpression };

/** What a helper of the kernel or a field of the task tells; further facts are reads made from these. */
export type PrimitiveFact =
  | 'pid'
  | 'tid'
  | 'uid'
  | 'gid'
  | 'cpu'
  | 'task'
  | 'cgroup'
  /** CLOCK_MONOTONIC. */
  | 'monotonic-ns'
  | 'jiffies'
  /** Offset of CLOCK_REALTIME from CLOCK_MONOTONIC as the engine wrote it is added. */
  | 'realtime-ns'
  | 'random-u32'
  | 'perf-counter';

/** At most `MAXSTRINGLEN - 1` bytes without NUL. */
export type StringExpression =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'execname' }
  | {
      readonly kind: 'read-string';
      readonly space: 'kernel' | 'user';
      readonly address: LongExpression;
      /** Bytes with the NUL. */
      readonly size: number;
      readonly onFault?: number;
    }
  | { readonly kind: 'local-string'; readonly slot: number }
  | { readonly kind: 'string-element'; readonly global: number; readonly keys: readonly KernelValue[] }
  | {
      readonly kind: 'string-conditional';
      readonly condition: LongExpression;
      readonly consequent: StringExpression;
      readonly alternate: StringExpression;
    };

export type KernelValue =
  | { readonly type: 'long'; readonly value: LongExpression }
  | { readonly type: 'string'; readonly value: StringExpression };

/** `place` is `FILE:LINE:COLUMN` of the script, for the verifier's complaints. */
export type KernelStatement = { readonly place: string } & (
  | { readonly kind: 'set-local'; readonly slot: number; readonly value: LongExpression }
  | { readonly kind: 'set-local-string'; readonly slot: number; readonly value: StringExpression }
  | { readonly kind: 'set-cell'; readonly offset: number; readonly value: LongExpression }
  /** Atomic. */
  | { readonly kind: 'add-cell'; readonly offset: number; readonly amount: LongExpression }
  | {
      readonly kind: 'set-element';
      readonly global: number;
      readonly keys: readonly KernelValue[];
      readonly value: KernelValue;
      readonly onFull: number;
    }
  /** Atomic; a missing element is created from 0. */
  | {
      readonly kind: 'add-element';
      readonly global: number;
      readonly keys: readonly KernelValue[];
      readonly amount: LongExpression;
      readonly onFull: number;
    }
  | { readonly kind: 'delete-element'; readonly global: number; readonly keys: readonly KernelValue[] }
  /** `<<<`; without keys for a scalar statistic. */
  | {
      readonly kind: 'aggregate';
      readonly global: number;
      readonly keys: readonly KernelValue[];
      readonly value: LongExpression;
      readonly onFull: number;
    }
  | { readonly kind: 'evaluate'; readonly value: LongExpression }
  | {
      readonly kind: 'if';
      readonly condition: LongExpression;
      readonly then: readonly KernelStatement[];
      readonly else: readonly KernelStatement[];
    }
  /** At most `limit` rounds, then the error `onLimit` (MAXACTION exceeded). */
  | {
      readonly kind: 'loop';
      readonly condition: LongExpression;
      readonly body: readonly KernelStatement[];
      readonly step: readonly KernelStatement[];
      readonly limit: number;
      readonly onLimit: number;
    }
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' }
  /** Ends the handler. */
  | { readonly kind: 'next' }
  | { readonly kind: 'print'; readonly print: number; readonly arguments: readonly KernelValue[] }
  | { readonly kind: 'exit' }
  | { readonly kind: 'fail'; readonly error: number; readonly arguments: readonly KernelValue[] }
);

/** Memory to be captured, with what says where it is. Order is that of the layout's pieces. */
export type PieceSource =
  | { readonly kind: 'memory'; readonly address: LongExpression }
  /** `stack` pieces: of the kernel or of the process. */
  | { readonly kind: 'stack' };

/** Captures what a deferred handler needs. */
export interface CaptureBody {
  /** The handler would do nothing when this is 0: no record is written then. */
  readonly filter?: LongExpression;
  readonly layout: RecordLayout;
  /** In the order of `layout.words` and `layout.pieces`. */
  readonly words: readonly LongExpression[];
  readonly pieces: readonly PieceSource[];
}

/** One program before it is written as instructions. @public */
export interface KernelProgramSource {
  readonly name: string;
  readonly context: KernelContext;
  /** Index of the module's probe; absent: the cookie of the attachment tells. */
  readonly probe?: number;
  /** Used when the handler is deferred, and while the module is paused. */
  readonly capture: CaptureBody;
  /** The handler itself when it runs in the kernel. */
  readonly handler?: {
    readonly statements: readonly KernelStatement[];
    /** Number of local longs and strings. */
    readonly longSlots: number;
    readonly stringSlots: number;
  };
  /** Events for which this is 0 are none of the probe's: nothing happens, nothing is counted. */
  readonly guard?: LongExpression;
  /**
   * Slot of the map `syscalls` whose program is entered when this one is done: several probes of a system call are
   * chained.
   */
  readonly continueAt?: number;
}

/** What a file holds that an iterator serves: formatted longs, and nothing that can fail. */
export interface FileSource {
  /** Index of the module's probe. */
  readonly probe: number;
  /** Offsets of the cells it shows; each is read once for a text, and is the local of its index from then on. */
  readonly cells: readonly number[];
  /** Text, and `%d %i %u %x %X` without `*`, precision and `#`. */
  readonly parts: readonly FormatPart[];
  /** For each conversion. They have constants, locals and operations of these. */
  readonly arguments: readonly LongExpression[];
}
