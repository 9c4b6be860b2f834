import type { FileTime } from '../fuse/reply.ts';

/** Wall clock, millisecond resolution. */
export function currentTime(): FileTime {
  const nowMs = Date.now();
  return { sec: Math.floor(nowMs / 1000), nsec: (nowMs % 1000) * 1e6 };
}
