import type { Int64 } from '../int64/int64.ts';

/** A run-time value: a long, or a byte string with one UTF-16 unit (0x01–0xff) per byte and no NUL. */
export type Value = Int64 | string;
