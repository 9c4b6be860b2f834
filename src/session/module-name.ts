import { digest128 } from '../stapmod/digest.ts';

/** Longest name that SystemTap gives a module. */
const MAX_LENGTH = 55;

/**
 * Name of a module made from what it is built of: `stap_`, 32 hexadecimal digits of a digest of `inputs` (a byte
 * string), `_`, the number of characters digested. Equal inputs give equal names.
 */
export function digestedModuleName(inputs: string): string {
  return `stap_${digest128(Buffer.from(inputs, 'latin1'))}_${inputs.length}`.slice(0, MAX_LENGTH);
}

/**
 * Name under which a module runs: its tail gives way to `_` and the process number, the length stays, so that
 * several runs of one script have different names. A name too short for that is returned as it is.
 */
export function renamedForProcess(name: string, pid: number): string {
  const tail = `_${pid}`;
  return name.length >= tail.length ? name.slice(0, name.length - tail.length) + tail : name;
}
