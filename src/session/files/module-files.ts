import { holdersText } from '../../fuse/holder.ts';
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
  ): Promise<void> {
    if (frozen === undefined) return;
    this.#served = await adoptFiles(this.#serving, deviceFd, frozen, { ...this.#request, files });
  }

  /** Takes them away. Resolves to the programs that were inside, as text; undefined: none. */
  async remove(): Promise<string | undefined> {
    const holders = (await this.#served?.remove()) ?? [];
    return holders.length === 0 ? undefined : holdersText(holders);
  }
}
