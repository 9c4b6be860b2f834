import type { HistogramShape } from '../module/histogram-shape.ts';
import type { ModuleEntry } from '../registry/module-entry.ts';
import type { ProbeView } from '../runtime/probe-record.ts';

/**
 * The control socket of a module: a Unix stream socket, one JSON object per line each way. A client sends requests,
 * the module answers each with one reply, in order. Only `attach` keeps the connection for more: see `AttachEvent`.
 * Strings are byte strings (one unit per byte), integers that do not fit a double are written as `{"int64":"…"}`.
 */
export type ControlRequest =
  | { readonly op: 'describe' }
  /** Orderly end with end probes. Refused while somebody is attached, unless `force`. */
  | { readonly op: 'stop'; readonly force: boolean }
  /**
   * Become the reader of the module's output. When the reply has come the client sends its standard output and standard
   * error as two descriptors (SCM_RIGHTS) with one byte; then AttachEvents follow. With `outputFile` the module opens
   * that file (absolute, strftime(3) conversions) instead of using the first descriptor.
   */
  | {
      readonly op: 'attach';
      readonly pid: number;
      readonly outputFile?: { readonly format: string; readonly rotation?: OutputRotationRequest };
      readonly hideWarnings: boolean;
      readonly colors?: string;
    }
  /** Only on an attached connection: leave the module running, its output goes to the buffer again. */
  | { readonly op: 'detach' }
  /** Only on an attached connection: go on in the next output file. */
  | { readonly op: 'rotate' }
  /** With `keys`, as for `set`, of an array only that element, if there is one. */
  | { readonly op: 'get'; readonly name?: string; readonly keys?: readonly string[] }
  /** The reply has `sources`: ScriptSource objects, the texts as they were read at the start or at the last reload. */
  | { readonly op: 'source' }
  /**
   * Turns the connection into one that is told what happens, without taking anything from those who read the output:
   * WatchEvents follow. With `output` the output is among them, with `timing` handlers are measured while somebody watches.
   * Other requests are still answered; another `watch` changes the wishes. The reply has `position`: the number of bytes
   * that both streams had passed before what is told, which goes on when the module moves to another process.
   */
  | {
      readonly op: 'watch';
      readonly output: boolean;
      readonly timing: boolean;
      /** With `output`: first what was kept since the start, where something was. */
      readonly fromStart?: boolean;
    }
  /** `value` as `-G` takes it; `keys` of an array element likewise. */
  | {
      readonly op: 'set';
      readonly name: string;
      readonly keys: readonly string[];
      readonly value: string;
    }
  /** `probe`: an index, or a probe point as `describe` shows it; `*` stands for any text. */
  | { readonly op: 'switch'; readonly probe: string; readonly on: boolean }
  /** `module`: text of the compiled module that takes over (stapmod format). */
  | {
      readonly op: 'reload';
      readonly module: string;
      readonly script: string;
      readonly scriptArguments: readonly string[];
    };

/** `-S`: a new file after `sizeMb` megabytes; of the old ones the newest `files` are kept, undefined: all. */
export interface OutputRotationRequest {
  readonly sizeMb: number;
  readonly files?: number;
}

/** Longest request line, bytes; a longer one ends the connection with the error `too-long`. `reload` carries a module. */
export const MAX_REQUEST_BYTES = 16 << 20;
/** Connections served at a time; further ones are closed with the error `busy`. */
export const MAX_CONNECTIONS = 64;
/** Clients that watch at a time; further ones are refused as `busy`, so that connections are left for commands. */
export const MAX_WATCHERS = 32;

/** A text of the script, a byte string. `name` is what messages call it: a path, `<input>`, `<input1>`. */
export interface ScriptSource {
  readonly name: string;
  readonly text: string;
}

/** Why a request was not done. `text` is a whole sentence or SystemTap's message, without prefix. */
export interface ControlFailure {
  readonly ok: false;
  readonly code:
    | 'bad-request'
    | 'too-long'
    | 'busy'
    | 'in-use'
    | 'attached'
    | 'not-attached'
    | 'unknown-global'
    | 'unknown-probe'
    | 'bad-value'
    | 'not-possible'
    | 'ending';
  readonly text: string;
}

/** The answer to a request; what else is in it besides `ok` depends on the request. */
export type ControlReply = { readonly ok: true; readonly [fact: string]: unknown } | ControlFailure;

/** What an attached client is told without asking. */
export type AttachEvent =
  /** The descriptors have arrived and output goes there. */
  | { readonly event: 'attached' }
  /** The module has ended and all output is out; `status` is the exit status for the client: 0, or 1 after errors. */
  | { readonly event: 'ended'; readonly status: 0 | 1 }
  /** The client is detached; why, when it did not ask for it. */
  | { readonly event: 'detached'; readonly reason?: string };

/** What a watching client is told. Times are milliseconds since 1970. */
export type WatchEvent =
  /** Bytes of a stream, as a byte string, in order; lines may be cut anywhere. */
  | {
      readonly event: 'output';
      readonly stream: 'out' | 'err';
      readonly text: string;
      readonly timeMs: number;
    }
  /** So much output was not told, because this client did not read fast enough. */
  | { readonly event: 'output-missed'; readonly bytes: number }
  /** Another script runs under this name from now on. */
  | { readonly event: 'reloaded' }
  /** The end probes have run; `module` is the last state. The connection ends. */
  | { readonly event: 'finished'; readonly status: 0 | 1; readonly module: ModuleDescription };

export type { BucketDescription, StatisticDescription } from '../runtime/statistic-description.ts';

/** A global as `describe` and `get` show it. A statistic is a StatisticDescription. */
export interface GlobalDescription {
  readonly name: string;
  readonly type: 'long' | 'string' | 'stats';
  readonly keyTypes: readonly ('long' | 'string')[];
  /** `private`, or of the library: no module parameter. */
  readonly hidden?: true;
  /** The comment above its declaration. */
  readonly documentation?: string;
  /** See CompiledGlobal. */
  readonly keyNames?: readonly string[];
  /** It only ever grows: a counter. */
  readonly onlyGrows?: true;
  /** Of a statistic that the script makes histograms of, whether it has values or not. */
  readonly histogram?: HistogramShape;
  /** A scalar. */
  readonly value?: unknown;
  /** An array: elements in list order, at most MAX_DESCRIBED_ELEMENTS of them. */
  readonly elements?: readonly { readonly keys: readonly unknown[]; readonly value: unknown }[];
  /** Number of elements of an array. */
  readonly size?: number;
}

/** Elements of one array in an answer; `size` tells how many there are. */
export const MAX_DESCRIBED_ELEMENTS = 4096;

/** A probe as `describe` shows it. Times are nanoseconds; undefined until it ran while times were taken. */
export interface ProbeDescription extends Omit<ProbeView, 'pp'> {
  readonly point: string;
}

/** A file as `describe` shows it. */
export interface FileDescription {
  /** Relative to the module's directory. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** How often its read handler ran. */
  readonly reads: number;
  /** How often it was written to: several write handlers of one file run together and count once. */
  readonly writes: number;
}

/** The answer to `describe`, under the key `module`. */
export interface ModuleDescription {
  readonly entry: ModuleEntry;
  readonly version: string;
  /** Options and arguments the script was started with. */
  readonly options: readonly string[];
  readonly scriptArguments: readonly string[];
  /** Resident memory of the process, bytes. */
  readonly memoryBytes: number;
  readonly openFiles: number;
  /** Who reads the output: the terminal's stap itself, or a client. */
  readonly clients: readonly { readonly pid: number; readonly command: string }[];
  readonly errors: number;
  readonly bufferedBytes: number;
  readonly lostBytes: number;
  /** Warnings given so far. */
  readonly warnings: number;
  /** Events in the kernel for which no handler ran: the buffer was full, or a handler was running on that processor. */
  readonly skipped: { readonly lostRecords: number; readonly nested: number };
  /** Processor time of the process that runs the handlers, seconds. */
  readonly cpuSeconds: number;
  /** Bytes that the script has printed. */
  readonly outputBytes: number;
  /** Those of the script's probes; what else is served is in the entry's list only. */
  readonly files: readonly FileDescription[];
  readonly globals: readonly GlobalDescription[];
  readonly probes: readonly ProbeDescription[];
}
