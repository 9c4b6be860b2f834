import type { HistogramShape } from '../../module/histogram-shape.ts';
import type { KernelGlobal, KernelMap, KernelProgram } from '../../module/kernel-part.ts';

/** What programs of a kernel part are written for. */
export interface EmitContext {
  readonly architecture: 'x86_64' | 'arm64';
  /** Those of the kernel part. */
  readonly maps: readonly KernelMap[];
  /** Those of the kernel part. */
  readonly globals: readonly KernelGlobal[];
  /** MAXSTRINGLEN: bytes of a string with its NUL. */
  readonly maxStringLength: number;
  /** Histograms of the statistics among the globals, by index among `globals`. */
  readonly histograms?: Readonly<Record<number, HistogramShape>>;
}

/** A program as instructions. */
export type EmittedCode = Pick<KernelProgram, 'code' | 'relocations' | 'places'>;
