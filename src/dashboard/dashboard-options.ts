import type { HostAndPort } from '../web/listen-error.ts';
import type { ModuleObserver } from '../observe/module-observer.ts';
import type { ListedModule } from '../registry/module-list.ts';
import type { WebLimits } from '../web/web-limits.ts';
import type { ApiDiagnostic, ApiHistory } from './api.ts';

/** The modules that are served, and what is known of them. */
export interface ServedModules {
  /** Those that run now, newest first; of users who may not be asked as well. */
  list(): readonly ListedModule[];
  /** The connection to one of them, shared by all who ask; undefined: there is none, or its user may not be asked. */
  observer(name: string): ModuleObserver | undefined;
  /** Its history; undefined as `observer`. */
  history(name: string): ApiHistory | undefined;
  /** Calls back when modules come, go or change their state; the returned function ends that. */
  onChange(listener: () => void): () => void;
}

/** What /metrics answers. `accept`: the header of the request, which chooses between Prometheus and OpenMetrics text. */
export type MetricsText = (
  accept: string | undefined,
) => Promise<{ readonly contentType: string; readonly text: string }>;

/** A script to be compiled anew as its module was: strings are byte strings. */
export interface ScriptToCompile {
  readonly module: ListedModule;
  /** The command line the module was started with, as `describe` tells it. */
  readonly options: readonly string[];
  readonly scriptArguments: readonly string[];
}

/** The text of a compiled module for the request `reload`, or why there is none. */
export type CompileOutcome =
  | { readonly kind: 'compiled'; readonly module: string; readonly script: string }
  | { readonly kind: 'wrong'; readonly diagnostics: readonly ApiDiagnostic[] }
  /** It cannot be compiled at all, as a script that came from a pipe; `text` is a sentence. */
  | { readonly kind: 'impossible'; readonly text: string };

/** Compiles the script of a running module anew. */
export type CompileScript = (script: ScriptToCompile) => Promise<CompileOutcome>;

/** What a dashboard serves, and where. */
export interface DashboardOptions {
  readonly address: HostAndPort;
  /** When the port is taken, any other will do. */
  readonly anyPort: boolean;
  /** At least 16 characters. */
  readonly token: string;
  /** Nothing of a module can be changed. */
  readonly readOnly: boolean;
  readonly modules: ServedModules;
  /** The one module that is served; undefined: all. */
  readonly onlyModule: string | undefined;
  readonly version: string;
  /** Directory of the page: index.html and files whose names hold their digest. */
  readonly assetsDirectory: string;
  readonly metricsText: MetricsText;
  readonly compileScript: CompileScript;
  /** Told about faults of the program itself while it answers; the client only learns that there was one. */
  readonly onFault: (error: unknown) => void;
  /** For tests. */
  readonly limits?: Partial<WebLimits>;
}

/** What a server of metrics alone serves, and where. */
export interface MetricsServerOptions {
  readonly address: HostAndPort;
  /** Undefined: whoever reaches the address may ask. */
  readonly token: string | undefined;
  readonly metricsText: MetricsText;
  /** Whether the module answers; of several modules always true. */
  readonly isHealthy: () => Promise<boolean>;
  /** Told about faults of the program itself while it answers; the client only learns that there was one. */
  readonly onFault: (error: unknown) => void;
  /** For tests. */
  readonly limits?: Partial<WebLimits>;
}
