import type { Intrinsic } from './handler-context.ts';

/** Library functions by the name a tapset file gives after `intrinsic`. */
export type IntrinsicTable = ReadonlyMap<string, Intrinsic>;
