import { describe, expect, it } from 'vitest';
import { buildTree } from './tree.ts';

const facts = { uid: 1, gid: 2, born: { sec: 3, nsec: 4 } };
const file = (path: string) => ({ path, mode: 0o400 });

describe('buildTree', () => {
  it('makes directories of nested paths and shares them', () => {
    const tree = buildTree([file('a/b/c'), file('a/d'), file('e')], facts);
    expect(tree.root.entries.map((entry) => entry.name)).toEqual(['.', '..', 'a', 'e']);
    expect(tree.root.links).toBe(3);
    const a = tree.root.children.get('a');
    expect(a?.kind === 'directory' && a.entries.map((entry) => [entry.name, entry.isDirectory])).toEqual([
      ['.', true],
      ['..', true],
      ['b', true],
      ['d', false],
    ]);
    const ids = tree.nodes.flatMap((node) => (node === undefined ? [] : [node.id]));
    expect(new Set(ids).size).toBe(6);
    expect(tree.nodes[1]).toBe(tree.root);
  });

  it('gives files their mode, owner and times', () => {
    const node = buildTree([{ path: 'x', mode: 0o624 }], facts).root.children.get('x');
    expect(node?.kind === 'file' && node.attributes(7)).toMatchObject({
      mode: 0o100624,
      links: 1,
      uid: 1,
      gid: 2,
      size: 7,
      mtime: { sec: 3, nsec: 4 },
    });
  });

  it.each([
    [['a', 'a/b'], 'The procfs path "a" cannot be a file: "a/b" needs it to be a directory.'],
    [['a/b', 'a'], 'The procfs path "a" cannot be a file: "a/..." needs it to be a directory.'],
    [['a', 'a'], 'Two procfs files claim the path "a".'],
    [['a//b'], '"a//b" cannot be the path of a procfs file.'],
    [['../b'], '"../b" cannot be the path of a procfs file.'],
    [[''], '"" cannot be the path of a procfs file.'],
  ])('refuses %j', (paths, message) => {
    expect(() => buildTree(paths.map(file), facts)).toThrow(message);
  });

  it('refuses names that no directory can hold', () => {
    expect(() => buildTree([file('x'.repeat(256))], facts)).toThrow(/longer than 255 bytes/);
    expect(buildTree([file('x'.repeat(255))], facts).root.children.size).toBe(1);
  });
});
