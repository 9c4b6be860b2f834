import type { TextFiles } from '../runtime/handler-context.ts';

/** Memory of the process that runs the module, kilobytes, by SystemTap's five names. */
export interface MemoryUse {
  /** Private resident memory (RssAnon). */
  readonly data: number;
  /** Resident program text and other file pages (RssFile). */
  readonly text: number;
  /** The stack that handlers run on (VmStk). */
  readonly context: number;
  /** Shared resident memory, which the transport of output would use (RssShmem). */
  readonly transport: number;
  /** JavaScript heap in use: the script's values and code. */
  readonly allocated: number;
}

const BYTES_PER_KB = 1024;

/** Reads it from /proc/self/status; what cannot be read counts as 0. */
export function memoryUse(files: TextFiles, heapBytes: number): MemoryUse {
  const status = files.read('/proc/self/status') ?? '';
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return {
    data: field('RssAnon'),
    text: field('RssFile'),
    context: field('VmStk'),
    transport: field('RssShmem'),
    allocated: Math.round(heapBytes / BYTES_PER_KB),
  };
}

/** `Ndata/Ntext/Nctx/Nnet/Nalloc kb` */
export function memoryText(use: MemoryUse): string {
  const { data, text, context, transport, allocated } = use;
  return `${data}data/${text}text/${context}ctx/${transport}net/${allocated}alloc kb`;
}
