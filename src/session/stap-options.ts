import type { CompanionRequest } from '../companion/companion-channel.ts';

/** Where the main script comes from. Texts are byte strings; paths are as given. */
export type ScriptInput =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  /** `--example NAME`: looked up by name among the examples. */
  | { readonly kind: 'example'; readonly name: string };

/** What a run without a script prints. */
export type Listing =
  | { readonly kind: 'probes'; readonly pattern: string; readonly variables: boolean }
  | { readonly kind: 'probe-types' | 'probe-aliases' | 'functions' };

/** Verbosity per pass, 1 to 5. `-v` adds one to each. */
export type Verbosity = readonly [number, number, number, number, number];

/** `-S SIZE[,N]`: megabytes per file, number of files kept. */
export interface OutputRotation {
  readonly sizeMb: number;
  readonly files: number | undefined;
}

/** `--procfs`: how files reach other programs. `auto`: FUSE where it works, FIFOs where it does not. */
export type FileMethod = 'fuse' | 'fifo' | 'auto';

/** `--color`; `auto`: when standard error is a terminal. */
export type ColorChoice = 'always' | 'auto' | 'never';

/** `--diagnostics`. */
export type DiagnosticsFormat = 'text' | 'json';

/** `--output`. */
export type OutputFormat = 'text' | 'json';

/** `-D NAME=VALUE` or `-G NAME=VALUE`; the value is '1' for a -D without one, as with cc(1). */
export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** Resources of setrlimit(2) that options can limit. */
export type ResourceName = 'as' | 'cpu' | 'nproc' | 'stack' | 'fsize';

/** `--rlimit-NAME=VALUE` */
export interface ResourceLimit {
  readonly resource: ResourceName;
  readonly value: bigint;
}

/** What is published of a running module, and how: --metrics, --dashboard, --otlp, --token-file, --read-only. */
export type Publishing = Pick<CompanionRequest, 'metrics' | 'dashboard' | 'otlp' | 'tokenFile' | 'readOnly'>;

/** Whether there is anything to be served or sent. */
export function publishes({ metrics, dashboard, otlp }: Publishing): boolean {
  return metrics !== undefined || dashboard !== undefined || otlp !== undefined;
}

/** A checked command line of stap: everything a session depends on. Strings are byte strings. */
export interface StapOptions {
  readonly lastPass: 1 | 2 | 3 | 4 | 5;
  readonly verbosity: Verbosity;
  readonly script: ScriptInput | undefined;
  readonly additionalScripts: readonly string[];
  readonly scriptArguments: readonly string[];
  readonly listing: Listing | undefined;
  readonly includeDirectories: readonly string[];
  readonly definitions: readonly Assignment[];
  readonly globals: readonly Assignment[];
  readonly unoptimized: boolean;
  readonly guru: boolean;
  readonly suppressWarnings: boolean;
  readonly warningsAsErrors: boolean;
  readonly timing: boolean;
  readonly skipBadVariables: boolean;
  readonly suppressHandlerErrors: boolean;
  readonly suppressTimeLimits: boolean;
  readonly keepGoing: boolean;
  readonly globalDisplay: boolean;
  readonly checkVersion: boolean;
  readonly compatible: string | undefined;
  readonly privilege: 'stapusr' | 'stapsys' | 'stapdev' | undefined;
  readonly kernelRelease: string | undefined;
  readonly architecture: string | undefined;
  readonly moduleName: string | undefined;
  readonly procfsRoot: string | undefined;
  /** How procfs files reach other programs. */
  readonly procfsMethod: FileMethod;
  /** Name or number of the group that may read what the owner of the files may read. */
  readonly procfsGroup: string | undefined;
  readonly outputFile: string | undefined;
  readonly outputRotation: OutputRotation | undefined;
  readonly flightRecorder: boolean;
  readonly bufferSizeMb: number | undefined;
  readonly command: string | undefined;
  readonly targetPid: number | undefined;
  readonly timeoutMs: number | undefined;
  /** --monitor; undefined without. */
  readonly monitorIntervalMs: number | undefined;
  readonly publishing: Publishing;
  readonly color: ColorChoice;
  /** How findings about the script are told; `json`: one object a line, and nothing else about the compilation. */
  readonly diagnosticsFormat: DiagnosticsFormat;
  /** How the output of the script and the messages of the run are told; `json`: one object a line. */
  readonly outputFormat: OutputFormat;
  /** `--json-files`: the file `.globals.json` is served. */
  readonly jsonFiles: boolean;
  /** `--poison-cache`: entries are made, never used. `off`: --disable-cache, -k. */
  readonly scriptCache: 'on' | 'poisoned' | 'off';
  readonly resourceLimits: readonly ResourceLimit[];
}
