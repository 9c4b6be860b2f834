import { readFileSync } from 'node:fs';

/**
 * Command-line words as byte strings, one UTF-16 unit per byte. Node decodes them as UTF-8 and loses what is not;
 * where that happened the kernel's copy tells the bytes.
 */
export function argumentBytes(words: readonly string[]): readonly string[] {
  if (words.every((word) => isAscii(word))) return words;
  if (words.some((word) => word.includes('\ufffd'))) {
    const all = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
    return all.slice(all.length - words.length);
  }
  return words.map((word) => Buffer.from(word, 'utf8').toString('latin1'));
}

function isAscii(word: string): boolean {
  return /^[\x00-\x7f]*$/.test(word);
}
