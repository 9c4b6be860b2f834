/** Longest name that SystemTap gives a module. */
const MAX_LENGTH = 55;

/**
 * Name of a module made from what it is built of: `stap_`, 32 hexadecimal digits of a digest of `inputs`, `_`, the
 * number of characters digested. Equal inputs give equal names.
 */
export function digestedModuleName(inputs: readonly string[]): string {
  const text = inputs.join('\0');
  return `stap_${digest(text)}_${text.length}`.slice(0, MAX_LENGTH);
}

/**
 * Name under which a module runs: its tail gives way to `_` and the process number, the length stays, so that
 * several runs of one script have different names. A name too short for that is returned as it is.
 */
export function renamedForProcess(name: string, pid: number): string {
  const tail = `_${pid}`;
  return name.length > tail.length ? name.slice(0, name.length - tail.length) + tail : name;
}

/** 128 bits as 32 hexadecimal digits; four multiplicative hashes, because node:crypto takes 2 ms to load. */
function digest(text: string): string {
  let digits = '';
  for (const seed of [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]) {
    let hash = seed;
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x5bd1e995);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash ^= hash >>> 12;
    digits += (hash >>> 0).toString(16).padStart(8, '0');
  }
  return digits;
}
