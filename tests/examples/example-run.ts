import { join } from 'node:path';
import { expect } from 'vitest';
import { makeRoot, RunningStap, type StapEnd } from '../e2e/running-stap.ts';
import { repositoryRoot } from '../harness/command.ts';

export interface ExampleRun {
  /** Name of the script in `examples`, without `.stp`. */
  readonly name: string;
  /** What the script gets as $1, @1 and so on. */
  readonly words?: readonly string[];
  /** For -c: the process that target() names. */
  readonly command?: string;
  readonly options?: readonly string[];
}

/** Starts a script of `examples`; its directory is in a private place. */
export function startExample({ name, words = [], command, options = [] }: ExampleRun): RunningStap {
  return new RunningStap({
    root: makeRoot(),
    options: [
      ...options,
      join(repositoryRoot, 'examples', `${name}.stp`),
      ...(command === undefined ? [] : ['-c', command]),
    ],
    scriptArguments: words,
  });
}

/** Runs an example with a command until that ends; what it printed. Throws unless all went well. */
export async function runExample(run: ExampleRun & { readonly command: string }): Promise<StapEnd> {
  const stap = startExample(run);
  try {
    const end = await stap.end(25_000);
    expect(end).toMatchObject({ status: 0, stderr: '' });
    return end;
  } finally {
    await stap.dispose();
  }
}
