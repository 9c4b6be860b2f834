import type { StatisticDescription } from '../control/protocol.ts';

/**
 * The HTTP interface, version 1, as data: what the server answers and the page understands; docs/http-api.md describes it
 * and docs/openapi.yaml is its formal text. All texts are UTF-8 here. An integer beyond 2^53 is `{"int64":"…"}`.
 *
 *     GET    /api/v1                                     ApiInfo
 *     GET    /api/v1/modules                             ApiModule[]
 *     GET    /api/v1/modules/NAME                        ApiModuleState
 *     GET    /api/v1/modules/NAME/globals                ApiGlobal[]
 *     GET    /api/v1/modules/NAME/globals/GLOBAL         ApiGlobal
 *     PUT    /api/v1/modules/NAME/globals/GLOBAL         body ApiAssignment; 204
 *     GET    /api/v1/modules/NAME/history                ApiHistory
 *     GET    /api/v1/modules/NAME/files/PATH             text/plain; the read handler runs
 *     PUT    /api/v1/modules/NAME/files/PATH             body: any bytes, one write; the write handler runs; 204
 *     PATCH  /api/v1/modules/NAME/probes/INDEX           body {"on": boolean}; 204
 *     POST   /api/v1/modules/NAME/pause, …/resume        204
 *     POST   /api/v1/modules/NAME/reload                 ApiReload; 422 with ApiError and `diagnostics` when the script is wrong
 *     POST   /api/v1/modules/NAME/stop                   202
 *     GET    /api/v1/modules/NAME/source                 ApiSource[]
 *     GET    /api/v1/modules/NAME/output?after=ID        ApiOutputLine[], what is still remembered
 *     GET    /api/v1/events?module=NAME&file=PATH…       text/event-stream: ApiEvents
 *     GET    /metrics                                    Prometheus or OpenMetrics text of all modules
 *     GET    /healthz                                    text/plain, without token
 *
 * Every other answer than 2xx has a body ApiError. Everything below /api and /metrics needs `Authorization: Bearer TOKEN`.
 */

/** What the server is. */
export interface ApiInfo {
  readonly version: string;
  readonly readOnly: boolean;
  /** The one module that is served; undefined: all. */
  readonly module?: string;
}

/** A value of the script: a number, a text, or a statistic. */
export type ApiValue = number | { readonly int64: string } | string | StatisticDescription;

/** A module as lists show it. */
export interface ApiModule {
  readonly name: string;
  readonly state: 'starting' | 'running' | 'ending';
  readonly pid: number;
  readonly uid: number;
  readonly startedAtMs: number;
  readonly script: string;
  readonly directory?: string;
  /** False: of another user, only what is listed here is known. */
  readonly canAsk: boolean;
}

/** A global variable of the script itself. */
export interface ApiGlobal {
  readonly name: string;
  readonly type: 'long' | 'string' | 'stats';
  readonly keyNames: readonly string[];
  readonly keyTypes: readonly ('long' | 'string')[];
  readonly documentation?: string;
  readonly onlyGrows: boolean;
  /** A scalar. */
  readonly value?: ApiValue;
  /** An array, at most 4096 elements of it; `size` is how many there are. */
  readonly elements?: readonly {
    readonly keys: readonly (number | { readonly int64: string } | string)[];
    readonly value: ApiValue;
  }[];
  readonly size?: number;
}

/** A file of the module; how often its handlers ran. */
export interface ApiFile {
  readonly path: string;
  /** As in `ls -l`: "0400". */
  readonly mode: string;
  readonly reads: number;
  readonly writes: number;
}

/** A probe; times, in nanoseconds, are of runs that were measured. */
export interface ApiProbe {
  readonly index: number;
  readonly point: string;
  readonly location: string;
  readonly on: boolean;
  readonly hits: number;
  readonly minNs?: number;
  readonly avgNs?: number;
  readonly maxNs?: number;
}

/** Everything about a module but its source and output. */
export interface ApiModuleState extends ApiModule {
  readonly version: string;
  readonly options: readonly string[];
  readonly scriptArguments: readonly string[];
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  readonly openFiles: number;
  readonly errors: number;
  readonly warnings: number;
  readonly skipped: number;
  readonly outputBytes: number;
  readonly lostBytes: number;
  readonly globals: readonly ApiGlobal[];
  readonly files: readonly ApiFile[];
  readonly probes: readonly ApiProbe[];
}

/** Scalars, and `count` of statistics, once a second; null where there was nothing. */
export interface ApiHistory {
  readonly timesMs: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** A new value of a global, or of one element of an array. */
export interface ApiAssignment {
  /** Texts, as stap -G takes them; empty for a scalar. */
  readonly keys?: readonly string[];
  readonly value: string;
}

/** A text of the script, as it was read at the start or at the last reload. */
export interface ApiSource {
  readonly name: string;
  readonly text: string;
}

/** What became of the globals at a reload. */
export interface ApiReload {
  readonly kept: readonly string[];
  readonly dropped: readonly { readonly name: string; readonly reason: string }[];
}

/** A finding about the script, as of `stap --diagnostics=json`. */
export interface ApiDiagnostic {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** The body of every answer that is no success. */
export interface ApiError {
  /** For programs: `not-found`, `bad-request`, `unauthorized`, `read-only`, `too-large`, … */
  readonly code: string;
  /** For people. */
  readonly message: string;
  readonly diagnostics?: readonly ApiDiagnostic[];
}

/** A line that the module printed, or a message of it. */
export interface ApiOutputLine {
  /** Ascending within a module as long as the server runs. */
  readonly id: number;
  readonly timeMs: number;
  readonly stream: 'out' | 'err';
  /** Without the newline; long ones are cut, and say so at the end. */
  readonly text: string;
}

/** `event:` of the stream, and the JSON of its `data:`. */
export interface ApiEvents {
  /** At first, and when modules come or go. */
  readonly modules: readonly ApiModule[];
  /** Of the module asked for: at first, then every second while something changed. */
  readonly state: ApiModuleState;
  /** At first what is remembered after the id of the header Last-Event-ID, then what comes. */
  readonly output: readonly ApiOutputLine[];
  /** A file that was asked for: at first, then when its text changed; read once a second for all who watch it. */
  readonly file:
    { readonly path: string; readonly text: string } | { readonly path: string; readonly error: string };
  /** Another script runs now: source and globals are to be asked for anew. */
  readonly reloaded: Record<string, never>;
  /** The module has ended. */
  readonly ended: Record<string, never>;
}
