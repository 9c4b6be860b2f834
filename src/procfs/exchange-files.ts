import { forgetList, forgetName } from '../fuse/reply.ts';
import { errno } from '../fuse/errno.ts';
import { FileNode } from './file-node.ts';
import type { FileAttributes, FileFacts } from './file-node.ts';
import type { FrozenServer } from './frozen-directory.ts';
import type { PseudoFile } from './pseudo-file.ts';
import { buildTree, directoriesOf, nodesWithPaths } from './tree.ts';
import type { DirectoryNode, PseudoTree, TreeNode } from './tree.ts';

/** A tree with other files and what the kernel has to be told about it. */
export interface Exchange {
  readonly tree: PseudoTree;
  /** Notifications, to be sent in this order once the tree is served. */
  readonly outdated: readonly Buffer[];
}

/**
 * Makes a tree of other files out of a tree. Paths that stay keep their nodes. When the script asks for another mode, the
 * path gets a new node, because the kernel keeps the mode of the old one; who has the old one open goes on with it and the
 * same handlers. Otherwise a mode that was changed by chmod stays. Files whose path is gone serve only what open
 * descriptions have read already; all else is an error.
 * @throws {MountError} BAD_PATH as buildTree does; nothing is changed then
 */
export function exchangeFiles(tree: PseudoTree, files: readonly PseudoFile[], facts: FileFacts): Exchange {
  // Refuses what cannot be before anything is changed.
  buildTree(files, facts);
  const before = new Map([...nodesWithPaths(tree.root)].map(({ path, node }) => [path, node]));
  const directories = new Map(directoriesOf(tree).map(({ path, id }) => [path, id]));
  const next = buildTree(files, facts, {
    directoryAt: (path) => directories.get(path),
    firstNewId: tree.nodes.length,
    fileAt: (file) => {
      const node = before.get(file.path);
      if (node?.kind !== 'file' || node.file.mode !== file.mode) return undefined;
      node.file = file;
      return node;
    },
  });
  for (const { path, node } of nodesWithPaths(next.root)) {
    const old = before.get(path);
    if (node.kind !== 'file' || old?.kind !== 'file' || old === node) continue;
    node.takeAttributes({ ...attributesOf(old), permissions: node.permissions });
  }
  const byPath = new Map(files.map((file) => [file.path, file]));
  const nodes = tree.nodes.map((node, id) => next.nodes[id] ?? retired(node, byPath));
  for (const [id, node] of next.nodes.entries()) nodes[id] ??= node;
  return { tree: { root: next.root, nodes }, outdated: outdatedNames(tree.root, next) };
}

/** The tree of a process that takes over: the files of this process at the nodes of the other one. */
export function thawTree(frozen: FrozenServer, files: readonly PseudoFile[], facts: FileFacts): PseudoTree {
  const nodes = new Map(frozen.files.map((file) => [file.id, file]));
  const byPath = new Map(frozen.files.filter(({ retired: gone }) => !gone).map((file) => [file.path, file]));
  const directories = new Map(frozen.directories.map(({ path, id }) => [path, id]));
  const tree = buildTree(files, facts, {
    directoryAt: (path) => directories.get(path),
    firstNewId: frozen.firstNewId,
    fileAt: (file) => {
      const known = byPath.get(file.path);
      if (known === undefined) return undefined;
      nodes.delete(known.id);
      const node = new FileNode(known.id, file, facts);
      node.restore(known);
      return node;
    },
  });
  const all = [...tree.nodes];
  for (const known of nodes.values()) {
    const served = known.gone ? undefined : files.find(({ path }) => path === known.path);
    const node = new FileNode(
      known.id,
      served ?? goneFile({ path: known.path, mode: known.scriptMode }),
      facts,
    );
    node.restore(known);
    node.gone = served === undefined;
    all[known.id] = node;
  }
  // The kernel may know nodes that are not carried over; their numbers are not used again.
  all.length = Math.max(all.length, frozen.firstNewId);
  return { root: tree.root, nodes: all };
}

function attributesOf({ permissions, uid, gid, atime, mtime, ctime }: FileNode): FileAttributes {
  return { permissions, uid, gid, atime, mtime, ctime };
}

/** What becomes of a node that no path leads to any more: see exchangeFiles. */
function retired(node: TreeNode | undefined, byPath: ReadonlyMap<string, PseudoFile>): TreeNode | undefined {
  if (node?.kind === 'directory')
    return { ...node, children: new Map(), entries: node.entries.slice(0, 2), links: 2 };
  if (node === undefined || node.gone) return node;
  const served = byPath.get(node.file.path);
  node.gone = served === undefined;
  node.file = served ?? goneFile(node.file);
  return node;
}

/** A file without handlers: open descriptions keep what they have read. */
function goneFile({ path, mode }: PseudoFile): PseudoFile {
  return { path, mode, read: () => ({ errno: errno.EIO }), write: () => ({ errno: errno.EIO }) };
}

/** For each directory there was, the innermost first: names that came, went or stand for another node. */
function outdatedNames(before: DirectoryNode, { nodes }: PseudoTree): Buffer[] {
  const messages: Buffer[] = [];
  for (const { node } of [...nodesWithPaths(before)].reverse()) {
    if (node.kind !== 'directory') continue;
    const next = nodes[node.id];
    const children = next?.kind === 'directory' ? next.children : new Map<string, TreeNode>();
    const names = new Set([...node.children.keys(), ...children.keys()]);
    const changed = [...names].filter((name) => node.children.get(name)?.id !== children.get(name)?.id);
    messages.push(...changed.map((name) => forgetName(node.id, name)));
    if (changed.length > 0) messages.push(forgetList(node.id));
  }
  return messages;
}
