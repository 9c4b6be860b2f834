import type { KernelFile, KernelProgram } from '../../module/kernel-part.ts';
import type { KernelFacts } from '../../probes/kernel-facts.ts';
import type { EmitContext } from '../emit/emit-context.ts';
import { emitFileProgram } from '../emit/emit-file.ts';
import { UnwritableProgramError } from '../emit/unwritable-program-error.ts';
import type { FileSource } from '../ir.ts';
import type { PlannedFile } from './kernel-files.ts';

/** The function of the kernel that programs over the elements of a map are attached to. */
const ITERATOR = 'bpf_iter_bpf_map_elem';

/** The programs behind files; those of the kernel part begin with `first`. */
export function writeFiles(
  planned: readonly PlannedFile[],
  { target, kernel, first }: { target: EmitContext; kernel: KernelFacts; first: number },
): { readonly programs: readonly KernelProgram[]; readonly files: readonly KernelFile[] } {
  const programs: KernelProgram[] = [];
  const files = planned.map((file): KernelFile => {
    if ('reason' in file) return file;
    const { probe, path } = file;
    const written = writeFile(file.source, target, kernel);
    if (typeof written === 'string') return { probe, path, reason: written };
    return { probe, path, program: first + programs.push(written) - 1 };
  });
  return { programs, files };
}

/** The program, or why there is none, after the handler. */
function writeFile(source: FileSource, target: EmitContext, kernel: KernelFacts): KernelProgram | string {
  const btfId = kernel.functionFacts(ITERATOR)?.btfId;
  if (btfId === undefined) return 'would need iterators, which this kernel has not';
  try {
    return { name: `p${source.probe}_file`, type: 'iterator', btfId, ...emitFileProgram(source, target) };
  } catch (error) {
    if (!(error instanceof UnwritableProgramError)) throw error;
    return `would not fit into a program: ${error.message}`;
  }
}
