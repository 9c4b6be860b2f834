import { MountError } from '../fuse/mount-error.ts';
import { ROOT_NODE_ID } from '../fuse/protocol.ts';
import type { DirectoryEntry, FileTime } from '../fuse/reply.ts';
import { FileNode } from './file-node.ts';
import type { FileFacts } from './file-node.ts';
import type { PseudoFile } from './pseudo-file.ts';

/** A directory of the tree; when its content changes, another one with the same number takes its place. */
export interface DirectoryNode {
  readonly kind: 'directory';
  readonly id: number;
  readonly children: ReadonlyMap<string, TreeNode>;
  /** "." and ".." first, then the children in the order of their first mention. */
  readonly entries: readonly DirectoryEntry[];
  /** Two and one for each sub-directory. */
  readonly links: number;
}

/** What a name in a directory stands for. */
export type TreeNode = DirectoryNode | FileNode;

/** All nodes of a module directory, found by node number. */
export interface PseudoTree {
  readonly root: DirectoryNode;
  /** Index is the node number; entry 0 is unused. */
  readonly nodes: readonly (TreeNode | undefined)[];
}

/** Owner and time of birth of the directories. */
export interface TreeFacts {
  readonly uid: number;
  readonly gid: number;
  readonly born: FileTime;
}

/** Nodes that a tree is to be built of as far as they fit; see buildTree. */
export interface KnownNodes {
  /** The file that stands for a path: as it is, or with what it needs to serve this. */
  readonly fileAt: (file: PseudoFile) => FileNode | undefined;
  /** Number of the directory at a path. */
  readonly directoryAt: (path: string) => number | undefined;
  /** All new nodes get this number and later ones. */
  readonly firstNewId: number;
}

const NOTHING_KNOWN: KnownNodes = {
  fileAt: () => undefined,
  directoryAt: () => undefined,
  firstNewId: ROOT_NODE_ID + 1,
};

/** All nodes with their paths, depth first; the root's path is empty. */
export function* nodesWithPaths(
  directory: DirectoryNode,
  path = '',
): Generator<{ readonly path: string; readonly node: TreeNode }> {
  yield { path, node: directory };
  for (const [name, child] of directory.children) {
    const childPath = path === '' ? name : `${path}/${name}`;
    if (child.kind === 'directory') yield* nodesWithPaths(child, childPath);
    else yield { path: childPath, node: child };
  }
}

/** The directories of a tree by path. */
export function directoriesOf(tree: PseudoTree): readonly { readonly path: string; readonly id: number }[] {
  return [...nodesWithPaths(tree.root)].flatMap(({ path, node }) =>
    node.kind === 'directory' ? [{ path, id: node.id }] : [],
  );
}

/** True when the name of a file is gone, or stands for a newer node. */
export function isRetired(tree: PseudoTree, file: FileNode): boolean {
  let directory: TreeNode | undefined = tree.root;
  for (const component of file.file.path.split('/')) {
    if (directory?.kind !== 'directory') return true;
    directory = directory.children.get(component);
  }
  return directory !== file;
}

/** Longest name of one path component, bytes (linux/limits.h). */
const NAME_MAX = 255;

interface Draft {
  readonly id: number;
  readonly parentId: number;
  readonly path: string;
  readonly children: Map<string, Draft | FileNode>;
}

/**
 * Builds the tree of the files; directories in their paths are made as needed. Paths that are known keep their nodes.
 * @throws {MountError} BAD_PATH when two files claim one path, a path is file and directory at once, or a component is
 * empty, ".", "..", longer than 255 bytes or contains a NUL.
 */
export function buildTree(
  files: readonly PseudoFile[],
  facts: FileFacts,
  known: KnownNodes = NOTHING_KNOWN,
): PseudoTree {
  let nextId = known.firstNewId;
  const root: Draft = { id: ROOT_NODE_ID, parentId: ROOT_NODE_ID, path: '', children: new Map() };
  for (const file of files) {
    const components = checkedComponents(file.path);
    const name = components.pop() ?? '';
    let directory = root;
    for (const component of components) {
      const found = directory.children.get(component);
      if (found instanceof FileNode) throw bothKinds(file.path, found.file.path);
      const path = directory.path === '' ? component : `${directory.path}/${component}`;
      const id = (): number => known.directoryAt(path) ?? nextId++;
      const next = found ?? { id: id(), parentId: directory.id, path, children: new Map() };
      directory.children.set(component, next);
      directory = next;
    }
    const taken = directory.children.get(name);
    if (taken instanceof FileNode)
      throw new MountError('BAD_PATH', `Two procfs files claim the path "${file.path}".`);
    if (taken !== undefined) throw bothKinds(`${file.path}/...`, file.path);
    directory.children.set(name, known.fileAt(file) ?? new FileNode(nextId++, file, facts));
  }
  const nodes: (TreeNode | undefined)[] = [];
  return { root: finish(root, nodes), nodes };
}

function checkedComponents(path: string): string[] {
  const components = path.split('/');
  for (const component of components) {
    if (component === '' || component === '.' || component === '..' || component.includes('\0')) {
      throw new MountError('BAD_PATH', `"${path}" cannot be the path of a procfs file.`);
    }
    if (component.length > NAME_MAX) {
      throw new MountError(
        'BAD_PATH',
        `A name in the procfs path "${path}" is longer than ${NAME_MAX} bytes.`,
      );
    }
  }
  return components;
}

function bothKinds(longer: string, shorter: string): MountError {
  return new MountError(
    'BAD_PATH',
    `The procfs path "${shorter}" cannot be a file: "${longer}" needs it to be a directory.`,
  );
}

function finish(draft: Draft, nodes: (TreeNode | undefined)[]): DirectoryNode {
  const children = new Map<string, TreeNode>();
  const entries: DirectoryEntry[] = [
    { name: '.', nodeId: draft.id, isDirectory: true },
    { name: '..', nodeId: draft.parentId, isDirectory: true },
  ];
  let links = 2;
  for (const [name, child] of draft.children) {
    const node = child instanceof FileNode ? child : finish(child, nodes);
    if (node.kind === 'directory') links++;
    nodes[node.id] = node;
    children.set(name, node);
    entries.push({ name, nodeId: node.id, isDirectory: node.kind === 'directory' });
  }
  const directory: DirectoryNode = { kind: 'directory', id: draft.id, children, entries, links };
  nodes[draft.id] = directory;
  return directory;
}
