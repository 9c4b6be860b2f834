import { dirname } from 'node:path';
import { stap } from './stap.ts';

declare const STAP_TS_VERSION: string;

/** Runs a command; ends the process with its exit status. `bundlePath`: the bundle, in dist/ of the installation. */
export function main(words: readonly string[], bundlePath: string): void {
  const program = { version: STAP_TS_VERSION, directory: dirname(dirname(bundlePath)) };
  void stap(words, program).then(
    // Not exitCode: a reader that never reads, or a command that still runs, must not keep the process.
    (status) => process.exit(status),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
}
