import type { MountMethod } from '../fuse/mount.ts';
import type { FrozenAlternates } from './alternate-inodes.ts';
import type { FrozenFileNode } from './file-node.ts';
import type { FrozenOpenFiles } from './open-files.ts';
import type { TreeFacts } from './tree.ts';

/** What a server knows about its files and what the kernel knows of them; plain data. */
export interface FrozenServer {
  readonly facts: TreeFacts;
  readonly fileAttributesValidSec: number;
  readonly writes: number;
  /** Directories by path, the root's is empty; retired ones are left out. */
  readonly directories: readonly { readonly path: string; readonly id: number }[];
  readonly files: readonly FrozenFileNode[];
  readonly alternates: FrozenAlternates;
  readonly open: FrozenOpenFiles;
  /** All node numbers below this one have been used. */
  readonly firstNewId: number;
  /** Numbers of inodes whose size was about to be raised in the kernel. */
  readonly sizePending: readonly number[];
  /** Requests that were read and not answered yet, in the order in which they are to be handled. */
  readonly requests: readonly Uint8Array[];
}

/** Everything it takes to go on serving a directory from another process, besides the device; plain data. */
export interface FrozenDirectory {
  readonly path: string;
  /** Source of the mount, which names the process that mounted. */
  readonly source: string;
  readonly method: MountMethod;
  /** Directories above it that were created for it, deepest first. */
  readonly createdRoots: readonly string[];
  readonly server: FrozenServer;
}
