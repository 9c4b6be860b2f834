import { performance } from 'node:perf_hooks';
import { FileInode } from './file-inode.ts';
import type { FrozenFileInode } from './file-inode.ts';
import type { FileNode } from './file-node.ts';
import type { OpenFile } from './open-file.ts';

/** Alternates have numbers from here on; a tree never has so many nodes. */
const FIRST_ID = 2 ** 30;
/** Who looks up a name to open the file opens it at once; after this time it will not come any more, milliseconds. */
const EXPECTED_MS = 1000;

/** One alternate inode; plain data. */
export interface FrozenAlternate extends FrozenFileInode {
  /** Number of the file it stands for. */
  readonly mainId: number;
  /** How often the kernel was given it and has not forgotten it since. */
  readonly lookups: number;
}

/** A thread that is about to open a file: the number of the file, and of the alternate that is kept for it. */
export interface FrozenExpectation {
  readonly tid: number;
  readonly mainId: number;
  readonly sentAway: boolean;
  readonly kept: number | undefined;
}

/** All alternate inodes; plain data. */
export interface FrozenAlternates {
  readonly inodes: readonly FrozenAlternate[];
  readonly freeIds: readonly number[];
  readonly nextId: number;
  readonly expected: readonly FrozenExpectation[];
}

interface Alternate {
  readonly inode: FileInode;
  lookups: number;
}

/** A thread that will open a file next. */
interface Expectation {
  readonly node: FileNode;
  /** It was told to look up the name again; must not be told twice. */
  readonly sentAway: boolean;
  /** The alternate that it was given; nobody else gets it meanwhile. */
  kept: FileInode | undefined;
  readonly sinceMs: number;
}

/**
 * More inodes for files that several programs read through the page cache at once. An inode has one size and one set of
 * cached pages in the kernel, and a program that copies cached pages asks nobody: so who opens a busy file gets an inode of
 * its own. The OPEN fails with ESTALE, which makes the kernel look the name up again instead of showing the error; that
 * LOOKUP gives another inode, with a name that is valid for no time, so that the file's own inode comes back when it is
 * free. See docs/decisions/0003-file-size.md.
 */
export class AlternateInodes {
  readonly #byId = new Map<number, Alternate>();
  #freeIds: number[] = [];
  #nextId = FIRST_ID;
  /** By thread. */
  readonly #expected = new Map<number, Expectation>();

  /** The alternate with this number, if the kernel knows one. */
  find(id: number): FileInode | undefined {
    return this.#byId.get(id)?.inode;
  }

  /** Whether it is one of these and not a file's own. */
  isAlternate(inode: FileInode): boolean {
    return inode !== inode.node.inode;
  }

  /**
   * Whether an opener has to look up the name again, which it must not be told twice: a descriptor opened anew through
   * /proc has no name to look up. The thread's number is 0 when it is unknown: then one cannot know whether it was told.
   */
  sendsAway(inode: FileInode, tid: number): boolean {
    const { node } = inode;
    if (inode.opens === 0 || tid === 0 || !node.guarded) return false;
    if (this.#expectation(node, tid)?.sentAway === true) return false;
    this.#expected.set(tid, { node, sentAway: true, kept: undefined, sinceMs: performance.now() });
    return true;
  }

  /** A thread has opened a file: it is not expected any more. */
  opened(tid: number): void {
    if (this.#expected.size > 0) this.#expected.delete(tid);
  }

  /** The inode that a name stands for at this moment, for this thread. */
  inodeFor(node: FileNode, tid: number): FileInode {
    const expected = this.#expectation(node, tid);
    if (expected?.sentAway !== true && node.inode.opens === 0) return node.inode;
    if (expected !== undefined) return (expected.kept ??= this.#unused(node));
    const kept = this.#unused(node);
    if (tid !== 0) this.#expected.set(tid, { node, sentAway: false, kept, sinceMs: performance.now() });
    return kept;
  }

  #expectation(node: FileNode, tid: number): Expectation | undefined {
    const expected = this.#expected.size === 0 ? undefined : this.#expected.get(tid);
    return expected?.node === node && isRecent(expected) ? expected : undefined;
  }

  /** The kernel was given this inode by a LOOKUP. */
  lookedUp(inode: FileInode): void {
    const alternate = this.#byId.get(inode.id);
    if (alternate !== undefined) alternate.lookups++;
  }

  /**
   * The kernel forgets `count` lookups of an inode. After the last one it will not mention it again, and the number is used
   * anew: then this returns the inode.
   */
  forget(id: number, count: number): FileInode | undefined {
    const alternate = this.#byId.get(id);
    if (alternate === undefined) return undefined;
    alternate.lookups -= count;
    const { inode, lookups } = alternate;
    if (lookups > 0 || inode.opens > 0 || this.#kept().has(inode)) return undefined;
    this.#byId.delete(id);
    this.#freeIds.push(id);
    return inode;
  }

  /** All it knows, for restore(). */
  freeze(handleOf: (file: OpenFile) => number): FrozenAlternates {
    return {
      inodes: [...this.#byId.values()].map(({ inode, lookups }) => ({
        ...inode.freeze(handleOf),
        mainId: inode.node.id,
        lookups,
      })),
      freeIds: [...this.#freeIds],
      nextId: this.#nextId,
      expected: [...this.#expected].map(([tid, { node, sentAway, kept }]) => ({
        ...{ tid, sentAway, mainId: node.id, kept: kept?.id },
      })),
    };
  }

  /** Goes on with what another process knew; descriptions are added by whoever opens them. */
  restore(frozen: FrozenAlternates, nodeOf: (id: number) => FileNode | undefined): void {
    for (const one of frozen.inodes) {
      const node = nodeOf(one.mainId);
      if (node === undefined) continue;
      const inode = new FileInode(one.id, node);
      inode.restore(one);
      this.#byId.set(one.id, { inode, lookups: one.lookups });
    }
    this.#freeIds = [...frozen.freeIds];
    this.#nextId = frozen.nextId;
    for (const { tid, mainId, sentAway, kept } of frozen.expected) {
      const node = nodeOf(mainId);
      if (node === undefined) continue;
      const inode = kept === undefined ? undefined : this.find(kept);
      this.#expected.set(tid, { node, sentAway, kept: inode, sinceMs: performance.now() });
    }
  }

  /** An alternate that nobody has open and that is kept for nobody. */
  #unused(node: FileNode): FileInode {
    const kept = this.#kept();
    for (const { inode } of this.#byId.values()) {
      if (inode.node === node && inode.opens === 0 && !kept.has(inode)) return inode;
    }
    const inode = new FileInode(this.#freeIds.pop() ?? this.#nextId++, node);
    this.#byId.set(inode.id, { inode, lookups: 0 });
    return inode;
  }

  /** Alternates that are kept for somebody. */
  #kept(): ReadonlySet<FileInode | undefined> {
    for (const [tid, expected] of this.#expected) if (!isRecent(expected)) this.#expected.delete(tid);
    return new Set([...this.#expected.values()].map(({ kept }) => kept));
  }
}

function isRecent({ sinceMs }: Expectation): boolean {
  return performance.now() - sinceMs < EXPECTED_MS;
}
