import type { PseudoFile } from '../procfs/pseudo-file.ts';

/** The first path with read and write probes, which no FIFO can serve. */
export function pathForBoth(files: readonly PseudoFile[]): string | undefined {
  return files.find((file) => file.read !== undefined && file.write !== undefined)?.path;
}

/** Why these files cannot be FIFOs, a whole sentence; undefined when they can. */
export function fifoProblem(files: readonly PseudoFile[]): string | undefined {
  const both = pathForBoth(files);
  if (both === undefined) return undefined;
  return `both read and write procfs probes cannot exist for the same procfs path "${both}" when files are FIFOs.`;
}
