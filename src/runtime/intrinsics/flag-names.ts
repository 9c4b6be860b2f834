import { toUnsignedBigInt, type Int64 } from '../../int64/int64.ts';
import type { HandlerContext } from '../handler-context.ts';
import { FLAG_TABLES } from './flag-tables.ts';

/** Names of numbers by a table of system calls' arguments; tapset::syscall(3stap). What has no name is shown in hexadecimal. */
export const flagNameFunctions = {
  /** The one name that stands for the number. */
  value_name: (_context: HandlerContext, value: Int64, table: string): string => {
    const number = toUnsignedBigInt(value);
    return entriesOf(table).find((entry) => entry.value === number)?.name ?? hexadecimal(number);
  },

  /** The names of all bits with `|` between them. */
  flag_names: (_context: HandlerContext, value: Int64, table: string): string => {
    const entries = entriesOf(table);
    let rest = toUnsignedBigInt(value);
    if (rest === 0n) return entries.find((entry) => entry.value === 0n)?.name ?? hexadecimal(rest);
    const names: string[] = [];
    for (const { name, value: bits } of entries) {
      if (bits === 0n || (rest & bits) !== bits) continue;
      names.push(name);
      rest &= ~bits;
    }
    if (rest !== 0n) names.push(hexadecimal(rest));
    return names.join('|');
  },
};

interface FlagEntry {
  readonly name: string;
  readonly value: bigint;
}

function entriesOf(table: string): readonly FlagEntry[] {
  let last = -1n;
  return (FLAG_TABLES[table] ?? '').split(' ').map((word) => {
    const [name = '', digits] = word.split('=');
    last = digits === undefined ? last + 1n : BigInt(`0x${digits}`);
    return { name, value: last };
  });
}

function hexadecimal(value: bigint): string {
  return `0x${value.toString(16)}`;
}
