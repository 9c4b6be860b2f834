import { readFileSync } from 'node:fs';
import koffi from 'koffi';

/** Where a function of the C library lies in its file. */
export function placeOfFunction(name: string): { readonly path: string; readonly offset: number } {
  const address = koffi.address(koffi.load(null).symbol(name));
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const match = /^(\w+)-(\w+) \S+ (\w+) \S+ \d+\s+(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, from = '', to = '', at = '', path = ''] = match;
    const start = BigInt(`0x${from}`);
    if (address < start || address >= BigInt(`0x${to}`)) continue;
    return { path, offset: Number(address - start) + Number.parseInt(at, 16) };
  }
  throw new Error(`${name} is nowhere`);
}
