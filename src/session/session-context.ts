import type { StandardStreams } from './standard-streams.ts';
import type { Environment } from './word-expansion.ts';

/** The world around one run of stap. */
export interface SessionContext {
  /** Directory of the installation, with tapset/ and dist/. */
  readonly directory: string;
  readonly environment: Environment;
  readonly streams: StandardStreams;
}
