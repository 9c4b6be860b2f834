import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Of kernels that do not tell: what most distributions build. */
const USUAL_TICKS_PER_SECOND = 250;
const ONLINE_PROCESSORS = '/sys/devices/system/cpu/online';

/** Ticks of the kernel's timer per second (CONFIG_HZ), as its configuration says; 250 where that cannot be read. */
export function ticksPerSecond(release: string): number {
  const text = configurationText(release);
  const ticks = /^CONFIG_HZ=(\d+)$/m.exec(text)?.[1];
  return ticks === undefined ? USUAL_TICKS_PER_SECOND : Number(ticks);
}

/** Number of processors at work, whatever this process may use of them; 1 where that cannot be read. */
export function onlineProcessors(): number {
  const text = textOf(ONLINE_PROCESSORS, (bytes) => bytes.toString('latin1'));
  return text === undefined ? 1 : countOfList(text);
}

/** `0-3,8` is five. */
export function countOfList(text: string): number {
  const ranges = text.trim().split(',');
  return ranges.reduce((sum, range) => {
    const [first = '0', last = first] = range.split('-');
    return sum + Number(last) - Number(first) + 1;
  }, 0);
}

function configurationText(release: string): string {
  return (
    textOf(`/boot/config-${release}`, (bytes) => bytes.toString('latin1')) ??
    textOf('/proc/config.gz', (bytes) => gunzipSync(bytes).toString('latin1')) ??
    ''
  );
}

function textOf(path: string, decode: (bytes: Buffer) => string): string | undefined {
  try {
    return decode(readFileSync(path));
  } catch {
    // Missing, or readable for others only: the caller has an answer for that.
    return undefined;
  }
}
