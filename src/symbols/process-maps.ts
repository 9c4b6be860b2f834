/** A part of the memory of a process, as a line of /proc/PID/maps tells (proc(5)). */
export interface Mapping {
  /** Address of the first byte and of the one behind the last. */
  readonly start: number;
  readonly end: number;
  /** Offset in the file of the first byte. */
  readonly offset: number;
  /** `fe:00 338944`: device and inode. */
  readonly file: string;
  /** Path of a file, without the remark that it was deleted, or `[vdso]` and the like; a byte string. */
  readonly path: string;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) (\S+ \d+) *(.*)$/;
const DELETED = ' (deleted)';

/** Mappings that have a name, by rising address. */
export function parseMaps(text: string): readonly Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split('\n')) {
    const [, start = '', end = '', offset = '', file = '', name = ''] = LINE.exec(line) ?? [];
    const last = Number.parseInt(end, 16);
    // Those of the kernel, `[vsyscall]`, are none of the process.
    if (name === '' || !Number.isSafeInteger(last)) continue;
    const path = name.endsWith(DELETED) ? name.slice(0, -DELETED.length) : name;
    mappings.push({
      start: Number.parseInt(start, 16),
      end: last,
      offset: Number.parseInt(offset, 16),
      file,
      path,
    });
  }
  return mappings;
}

/** The mapping that an address is in. */
export function findMapping(mappings: readonly Mapping[], address: number): Mapping | undefined {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((mappings[middle]?.end ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  const found = mappings[low];
  return found !== undefined && found.start <= address ? found : undefined;
}
