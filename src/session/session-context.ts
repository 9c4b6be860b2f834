import type { StandardStreams } from './ports/standard-streams.ts';
import type { Environment } from './ports/environment.ts';

/** The world around one run of stap. */
export interface SessionContext {
  /** Directory of the installation, with tapset/ and dist/. */
  readonly directory: string;
  /** Version of this program. */
  readonly version: string;
  /** Name of the bundle that runs: another one for every change of the sources. */
  readonly build: string;
  readonly environment: Environment;
  readonly streams: StandardStreams;
}
