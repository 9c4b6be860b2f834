import type { Client } from './client.ts';

/**
 * What an acknowledged write promises: write(2) returned success, so its handler has run to its end, and what the
 * handler printed was handed to the output, in order. A regular file (`-o`) has the text then, whatever happens to the
 * process; a pipe or a module's buffer gives it to the next reader unless the process that keeps it is killed.
 * A FIFO promises less: what was written waits in the kernel and is gone when the module ends before it took that.
 */
export interface WriterProof {
  readonly client: Client;
  /** Tells this writer's tokens from others'. */
  readonly prefix: string;
  /** With a FIFO the newest may be missing; what was printed is the rest, in order. */
  readonly throughFifo?: true;
}

/**
 * A bash script that writes tokens one after the other and prints each that write(2) accepted; ends at a failure. The
 * file is opened once, or for each token anew: the latter only with a working directory inside the module's, because
 * `>` by path would create an ordinary file in the moment between the unmount and the removal of the directory.
 */
export function writerScript(path: string, prefix: string, how: 'open once' | 'open each time'): string {
  const [open, target] = how === 'open once' ? [`exec 3>>${path} || exit 0`, '>&3'] : [':', `>>${path}`];
  return `{ ${open}
    for ((i = 0; ; i++)); do
      printf '<${prefix}-%d>\\n' $i ${target} || exit 0
      echo ${prefix}-$i; sleep 0.005
    done; } 2>/dev/null`;
}

const tokensOf = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/** What is wrong with the output, given who wrote; one line for each writer that lost, doubled or disordered something. */
export function lostWrites(writers: readonly WriterProof[], output: string): string[] {
  return writers.flatMap(({ client, prefix, throughFifo }) => {
    const told = tokensOf(client.stdout(), new RegExp(`^(${prefix}-\\d+)$`, 'gm'));
    const printed = tokensOf(output, new RegExp(`<(${prefix}-\\d+)>`, 'g'));
    const acknowledged = throughFifo === true ? told.slice(0, printed.length) : told;
    // One more may have been handled than the client could tell.
    const expected = printed.length > acknowledged.length ? printed.slice(0, acknowledged.length) : printed;
    const same =
      expected.length === acknowledged.length &&
      expected.every((token, index) => token === acknowledged[index]);
    if (same && printed.length <= acknowledged.length + 1) return [];
    const missing = acknowledged.filter((token) => !printed.includes(token));
    return [
      `writer ${prefix}: ${acknowledged.length} acknowledged, ${printed.length} printed, missing: ${missing.slice(0, 10).join(' ') || 'none (order or number is wrong)'}`,
    ];
  });
}
