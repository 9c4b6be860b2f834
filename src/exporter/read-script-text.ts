import { spawn } from 'node:child_process';

/** Largest text of a script, bytes. */
export const MAX_TEXT_BYTES = 4 << 20;
/** How long a script may take to answer a reader. */
export const READ_MS = 5000;

/** The text of a script's file, or why there is none. */
export type ScriptText =
  | { readonly kind: 'text'; readonly bytes: Buffer }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly reason: string };

const MISSING = 44;
/** A process of its own, because one that waits for a hanging script can be killed; a thread cannot. */
const SHELL = `for file; do if [ -e "$file" ]; then exec cat -- "$file"; fi; done; exit ${MISSING}`;

/** Reads the first of these files that is there, within limits of time and size. Never throws. */
export function readScriptText(paths: readonly string[]): Promise<ScriptText> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', SHELL, 'stap-exporter-read', ...paths], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      cwd: '/',
    });
    const pieces: Buffer[] = [];
    let size = 0;
    let complaint = '';
    const give = (text: ScriptText): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(text);
    };
    const failed = (reason: string): void => give({ kind: 'failed', reason });
    const timer = setTimeout(
      () => failed(`[Error] the script did not answer within ${READ_MS / 1000} s`),
      READ_MS,
    );
    child.once('error', (error) => failed(`[Error] ${error.message}`));
    child.stdout.on('data', (piece: Buffer) => {
      pieces.push(piece);
      size += piece.length;
      if (size > MAX_TEXT_BYTES) failed(`[Error] the text has more than ${MAX_TEXT_BYTES >> 20} MiB`);
    });
    child.stderr.on(
      'data',
      (piece: Buffer) => (complaint = (complaint + piece.toString('latin1')).slice(0, 500)),
    );
    child.once('close', (status) => {
      if (status === 0) give({ kind: 'text', bytes: Buffer.concat(pieces) });
      else if (status === MISSING) give({ kind: 'missing' });
      else failed(`[Error] ${complaint.trim().replace(/^cat: /, '')}`);
    });
  });
}
