import { ElfError } from '../../elf/elf-bytes.ts';
import { readElfFile } from '../../elf/elf-file.ts';
import { buildId } from '../../elf/notes.ts';
import { programBytes } from '../../symbols/program-bytes.ts';
import { KernelProbeError } from './kernel-probe-error.ts';

/**
 * Offsets are those of the file that the module was compiled for: throws `KernelProbeError` when the file at `path`, a
 * byte string, is another one by its build id, or is no longer there.
 */
export function checkProgram(path: string, expected: string): void {
  if (presentBuildId(path) === expected) return;
  throw new KernelProbeError('ESTALE', `${path} was changed since the script was compiled`);
}

function presentBuildId(path: string): string | undefined {
  try {
    return buildId(readElfFile(programBytes(path)));
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
    throw new KernelProbeError(code, `cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** `ENOENT: no such file or directory, open '…'` without what is known. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /^\w+: ([^,]+)/.exec(text)?.[1] ?? text;
}
