import type { HostAndPort } from '../web/listen-error.ts';

/** What the companion of a run serves; without `module`, of all modules that run and that its user may ask. */
export interface CompanionRequest {
  readonly module: { readonly root: string; readonly name: string } | undefined;
  /** Where modules are looked for, when `module` is undefined. */
  readonly roots: readonly string[];
  /** --metrics */
  readonly metrics: HostAndPort | undefined;
  /** --dashboard; `anyPort`: when the port is taken any other will do, because the user did not ask for this one. */
  readonly dashboard: (HostAndPort & { readonly anyPort: boolean }) | undefined;
  /** --otlp: base URL of the collector. */
  readonly otlp: string | undefined;
  /** Of the dashboard, and of the metrics when `tokenFile` was given. Undefined: the companion makes a random one. */
  readonly tokenFile: string | undefined;
  /** --read-only: nothing of a module can be changed through the dashboard. */
  readonly readOnly: boolean;
  /** Directory of the installation, with dist/. */
  readonly directory: string;
}

/** From the run to its companion. */
export type ToCompanion =
  | { readonly kind: 'serve'; readonly request: CompanionRequest }
  /** The module can be asked from now on. */
  | { readonly kind: 'started' };

/** From the companion to the run. */
export type FromCompanion =
  /** All servers listen; `lines` are for the user, as `metrics: http://127.0.0.1:9901/metrics`. */
  | { readonly kind: 'listening'; readonly lines: readonly string[] }
  /** It will hear of the end of the module, with the last state. */
  | { readonly kind: 'watching' }
  /** For the user, who goes on: something is left out. */
  | { readonly kind: 'warning'; readonly text: string }
  /** Cannot serve; the sentence names the option and the remedy. The companion ends. */
  | { readonly kind: 'failed'; readonly text: string };
