import { performance } from 'node:perf_hooks';
import type { FileNode } from './file-node.ts';
import { KernelSize } from './kernel-size.ts';
import type { FrozenKernelSize } from './kernel-size.ts';
import type { OpenFile } from './open-file.ts';

/** A snapshot that the kernel caches pages of. */
export interface CachedContent {
  readonly content: string;
  /** When the handler made it, milliseconds of performance.now(). */
  readonly madeAtMs: number;
  /** When it went to the kernel first, milliseconds of performance.now(). */
  readonly sinceMs: number;
  /** How many writes there had been to any file by then. */
  readonly writes: number;
}

/** Everything about an inode but whose it is; plain data. */
export interface FrozenFileInode {
  readonly id: number;
  readonly kernelSize: FrozenKernelSize;
  /** With ages instead of times. */
  readonly cachedContent:
    | {
        readonly content: string;
        readonly madeAgoMs: number;
        readonly agoMs: number;
        readonly writes: number;
      }
    | undefined;
  /** File handles of the readers, in their order. */
  readonly readers: readonly number[];
}

/**
 * An inode of the kernel that stands for a file: one size and one page cache. Each file has one of its own; while
 * page-cache readers overlap it has more (see AlternateInodes), so that they share neither.
 */
export class FileInode {
  readonly id: number;
  readonly node: FileNode;
  /** What the kernel believes the size to be. */
  readonly kernelSize = new KernelSize();
  /** Snapshot that filled the kernel's page cache last, while somebody has the file open. */
  cachedContent: CachedContent | undefined;
  /** Open descriptions, readers or not. */
  opens = 0;
  readonly #readers: OpenFile[] = [];

  constructor(id: number, node: FileNode) {
    this.id = id;
    this.node = node;
  }

  /** Open descriptions that may read, in no order. */
  get readers(): readonly OpenFile[] {
    return this.#readers;
  }

  /** What an inode that takes its place in another process needs. */
  freeze(handleOf: (file: OpenFile) => number): FrozenFileInode {
    const now = performance.now();
    const { id, cachedContent } = this;
    return {
      id,
      kernelSize: this.kernelSize.freeze(),
      cachedContent: cachedContent && {
        content: cachedContent.content,
        madeAgoMs: now - cachedContent.madeAtMs,
        agoMs: now - cachedContent.sinceMs,
        writes: cachedContent.writes,
      },
      readers: this.#readers.map(handleOf),
    };
  }

  /** Goes on with what another process knew; descriptions are added by whoever opens them. */
  restore({ kernelSize, cachedContent }: Omit<FrozenFileInode, 'id' | 'readers'>): void {
    const now = performance.now();
    this.kernelSize.restore(kernelSize);
    this.cachedContent = cachedContent && {
      content: cachedContent.content,
      madeAtMs: now - cachedContent.madeAgoMs,
      sinceMs: now - cachedContent.agoMs,
      writes: cachedContent.writes,
    };
  }

  addReader(file: OpenFile): void {
    file.readerIndex = this.#readers.length;
    this.#readers.push(file);
  }

  /** The last one takes the place of the one that goes: opening and closing never search. */
  removeReader(file: OpenFile): void {
    const last = this.#readers.pop();
    if (this.#readers.length === 0) this.cachedContent = undefined;
    if (last === undefined || last === file) return;
    this.#readers[file.readerIndex] = last;
    last.readerIndex = file.readerIndex;
  }
}
