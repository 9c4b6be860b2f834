import { readFileSync } from 'node:fs';
import type { Environment } from '../session/ports/environment.ts';
import { expandWords } from '../session/word-expansion.ts';

/** The words of the rc file; `unusable`: a line of it cannot be expanded. */
export type RcFile =
  | { readonly kind: 'words'; readonly path: string; readonly words: readonly string[] }
  | { readonly kind: 'unusable'; readonly path: string };

/** `$SYSTEMTAP_DIR/rc`, or `$HOME/.systemtap/rc`. */
export function rcFilePath(environment: Environment): string {
  const directory = environment['SYSTEMTAP_DIR'] ?? `${environment['HOME'] ?? ''}/.systemtap`;
  return `${directory}/rc`;
}

/**
 * Options that the user wants in every run: each line is expanded as a shell would, without commands and with
 * undefined variables being errors. There are no comments. A missing file gives no words.
 */
export function readRcFile(environment: Environment): RcFile {
  const path = rcFilePath(environment);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { kind: 'words', path, words: [] };
  }
  const words: string[] = [];
  for (const line of text.split('\n')) {
    const expansion = expandWords(line, environment);
    if (expansion.kind === 'failure') return { kind: 'unusable', path };
    words.push(...expansion.words);
  }
  return { kind: 'words', path, words };
}
