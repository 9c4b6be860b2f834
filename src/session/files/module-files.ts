import { KernelProbeError } from '../../bpf/loader/kernel-probe-error.ts';
import type { FileIterator } from '../../bpf/loader/open-kernel-probes.ts';
import { holdersText } from '../../fuse/holder.ts';
import { servedMounts } from '../../fuse/mount-table.ts';
import type { KernelFile } from '../../module/kernel-part.ts';
import type { PseudoFile } from '../../procfs/pseudo-file.ts';
import type { ServedFiles } from '../../procfs/served-files.ts';
import {
  adoptFiles,
  serveFiles,
  type FileRequest,
  type FileServing,
  type FrozenFiles,
} from './serve-files.ts';

/** The files of one running module. They are served when there are some; reload may exchange all of them. */
export class ModuleFiles {
  readonly #serving: FileServing;
  readonly #request: Omit<FileRequest, 'files'>;
  #served: ServedFiles<FrozenFiles> | undefined;
  /** Paths of files that iterators may lie over, relative to the directory. */
  #covered: readonly string[] = [];

  constructor(serving: FileServing, request: Omit<FileRequest, 'files'>) {
    this.#serving = serving;
    this.#request = request;
  }

  /** undefined: none are served. */
  get served(): ServedFiles<FrozenFiles> | undefined {
    return this.#served;
  }

  /** Number of open file descriptions. */
  get openCount(): number {
    return this.#served?.openCount ?? 0;
  }

  /** Serves these, and instead of those served before. @throws {MountError} those served before stay */
  async serve(files: readonly PseudoFile[]): Promise<void> {
    if (this.#served !== undefined) await this.#served.replaceFiles(files);
    else if (files.length > 0) this.#served = await serveFiles(this.#serving, { ...this.#request, files });
  }

  /** Goes on serving what another process froze; `deviceFd` is the descriptor that it handed on. */
  async adopt(
    deviceFd: number,
    frozen: FrozenFiles | undefined,
    files: readonly PseudoFile[],
    kernelFiles: readonly KernelFile[] = [],
  ): Promise<void> {
    if (frozen === undefined) return;
    this.#covered = coveredPaths(kernelFiles);
    this.#served = await adoptFiles(this.#serving, deviceFd, frozen, { ...this.#request, files });
  }

  /**
   * Lays iterators over the files that they serve, instead of those of before; nothing for files that are not mounted. What
   * the kernel refuses is served as without.
   */
  async cover(
    kernelFiles: readonly KernelFile[] = [],
    iterators: readonly FileIterator[] = [],
  ): Promise<void> {
    await this.#uncover();
    const directory = this.#served?.path;
    if (iterators.length === 0 || !servedMounts().some(({ path }) => path === directory)) return;
    this.#covered = coveredPaths(kernelFiles);
    const { coverFiles } = await import('../../bpf/loader/iterator-files.ts');
    try {
      await coverFiles(iterators.map(({ path, link }) => ({ path: `${directory}/${path}`, link: link.fd })));
    } catch (error) {
      if (!(error instanceof KernelProbeError)) throw error;
      this.#request.warn(`The kernel does not serve files: ${error.message}.`);
    }
  }

  async #uncover(): Promise<void> {
    if (this.#covered.length === 0) return;
    const { uncoverFiles } = await import('../../bpf/loader/iterator-files.ts');
    await uncoverFiles(this.#covered.map((path) => `${this.#served?.path}/${path}`));
    this.#covered = [];
  }

  /** Takes them away. Resolves to the programs that were inside, as text; undefined: none. */
  async remove(): Promise<string | undefined> {
    await this.#uncover();
    const holders = (await this.#served?.remove()) ?? [];
    return holders.length === 0 ? undefined : holdersText(holders);
  }
}

function coveredPaths(files: readonly KernelFile[]): readonly string[] {
  return files.flatMap((file) => ('program' in file ? [file.path] : []));
}
