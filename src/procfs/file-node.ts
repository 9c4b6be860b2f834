import { performance } from 'node:perf_hooks';
import type { FileTime, NodeAttributes } from '../fuse/reply.ts';
import { FileInode } from './file-inode.ts';
import type { FrozenFileInode } from './file-inode.ts';
import type { OpenFile } from './open-file.ts';
import type { PseudoFile } from './pseudo-file.ts';

const S_IFREG = 0o100000;
const PERMISSION_BITS = 0o7777;
const ANY_READ = 0o444;
const GROUP_READ = 0o040;

/** Owners and permissions that new files get. */
export interface FileFacts {
  readonly uid: number;
  readonly gid: number;
  readonly born: FileTime;
  /** Group that may read what anybody may read; `gid` otherwise. */
  readonly groupReadable?: number | undefined;
}

/** Attributes that chmod, chown, utimes and writes change. */
export interface FileAttributes {
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: FileTime;
  readonly mtime: FileTime;
  readonly ctime: FileTime;
}

/** Everything about a file but what it serves; plain data. */
export interface FrozenFileNode extends FileAttributes, FrozenFileInode {
  readonly path: string;
  /** Permission bits the script asked for. */
  readonly scriptMode: number;
  readonly gone: boolean;
  /** How much longer overlapping openers get inodes of their own, milliseconds; not positive: they do not. */
  readonly guardedForMs: number;
  /** The name is gone, or stands for a newer node. */
  readonly retired: boolean;
}

/** So long after a page-cache read those who open a file at the same time get inodes of their own, milliseconds. */
const GUARD_MS = 600_000;

/** One file of the tree with the attributes that chmod, chown, utimes and writes change. */
export class FileNode {
  readonly kind = 'file';
  readonly id: number;
  /** Its path is gone for good: it has no handlers any more. */
  gone = false;
  /** What it serves; another one's when the script was exchanged. */
  file: PseudoFile;
  /** The inode that the name stands for, unless it is busy. */
  readonly inode: FileInode;
  #guardedUntilMs = -Infinity;
  permissions: number;
  uid: number;
  gid: number;
  atime: FileTime;
  mtime: FileTime;
  ctime: FileTime;

  constructor(id: number, file: PseudoFile, facts: FileFacts) {
    this.id = id;
    this.file = file;
    this.inode = new FileInode(id, this);
    this.uid = facts.uid;
    this.gid = facts.groupReadable ?? facts.gid;
    const groupBit = facts.groupReadable !== undefined && (file.mode & ANY_READ) !== 0 ? GROUP_READ : 0;
    this.permissions = (file.mode & PERMISSION_BITS) | groupBit;
    this.atime = facts.born;
    this.mtime = facts.born;
    this.ctime = facts.born;
  }

  /** Attributes with a size of the caller's choice, bytes. Programs see this number for all inodes of a file. */
  attributes(size: number): NodeAttributes {
    return {
      nodeId: this.id,
      mode: S_IFREG | this.permissions,
      links: 1,
      uid: this.uid,
      gid: this.gid,
      size,
      atime: this.atime,
      mtime: this.mtime,
      ctime: this.ctime,
    };
  }

  /** A page-cache read came. */
  guard(): void {
    this.#guardedUntilMs = performance.now() + GUARD_MS;
  }

  /** Whether page-cache readers are to be expected, so that those who open it at the same time must not share an inode. */
  get guarded(): boolean {
    return this.#guardedUntilMs > 0 && this.#guardedUntilMs > performance.now();
  }

  /** What a node that takes its place in the same process or another one needs. */
  freeze(handleOf: (file: OpenFile) => number, retired: boolean): FrozenFileNode {
    const { file, gone, permissions, uid, gid, atime, mtime, ctime } = this;
    return {
      ...this.inode.freeze(handleOf),
      ...{ path: file.path, scriptMode: file.mode, gone, retired },
      ...{ permissions, uid, gid, atime, mtime, ctime },
      guardedForMs: this.#guardedUntilMs - performance.now(),
    };
  }

  /** Takes over owner, permissions and times. */
  takeAttributes(from: FileAttributes): void {
    this.permissions = from.permissions;
    this.uid = from.uid;
    this.gid = from.gid;
    this.atime = from.atime;
    this.mtime = from.mtime;
    this.ctime = from.ctime;
  }

  /** Goes on with what another process knew. */
  restore(frozen: FrozenFileNode): void {
    this.takeAttributes(frozen);
    this.inode.restore(frozen);
    this.#guardedUntilMs = performance.now() + frozen.guardedForMs;
  }
}
