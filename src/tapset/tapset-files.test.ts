import { describe, expect, test } from 'vitest';
import { findTapsetFiles, tapsetSearchPath, tapsetSubdirectories } from './tapset-files.ts';

const VARIANT = { release: '6.1.0-56-amd64', architecture: 'x86_64' };

describe('tapsetSearchPath', () => {
  test('default, data directories, -I in order', () => {
    expect(
      tapsetSearchPath({
        defaultDirectory: '/app/tapset',
        includeDirectories: ['/i', 'j'],
        dataDirectories: '/opt/share::/home/share',
      }),
    ).toEqual(['/app/tapset', '/opt/share/systemtap/tapset', '/home/share/systemtap/tapset', '/i', 'j']);
  });

  test('SYSTEMTAP_TAPSET replaces the default', () => {
    expect(
      tapsetSearchPath({ defaultDirectory: '/app/tapset', includeDirectories: [], tapsetVariable: '/t' }),
    ).toEqual(['/t']);
  });
});

test('sub-directories from the most special to the directory itself', () => {
  expect(tapsetSubdirectories('/t', VARIANT)).toEqual([
    '/t/linux/6.1.0-56-amd64/x86_64',
    '/t/linux/6.1.0-56-amd64',
    '/t/linux/6.1.0/x86_64',
    '/t/linux/6.1.0',
    '/t/linux/6.1/x86_64',
    '/t/linux/6.1',
    '/t/linux/6/x86_64',
    '/t/linux/6',
    '/t/linux/x86_64',
    '/t/linux',
    '/t/6.1.0-56-amd64/x86_64',
    '/t/6.1.0-56-amd64',
    '/t/6.1.0/x86_64',
    '/t/6.1.0',
    '/t/6.1/x86_64',
    '/t/6.1',
    '/t/6/x86_64',
    '/t/6',
    '/t/x86_64',
    '/t',
  ]);
});

test('files in search order, each once by identity and by place', () => {
  const tree = new Map([
    ['/t/linux', { 'b.stp': 1, 'a.stp': 2, 'notes.txt': 3 }],
    ['/t', { 'c.stp': 4, 'again.stp': 2, 'm.stpm': 5, 'directory.stp': undefined }],
    ['/i', { 'c.stp': 6, 'own.stp': 7 }],
  ]);
  const files = {
    list: (directory: string) => Object.keys(tree.get(directory) ?? {}),
    identity: (path: string) => {
      const [, directory = '', name = ''] = /^(.*)\/(.*)$/.exec(path) ?? [];
      const inode: unknown = Object.entries(tree.get(directory) ?? {}).find(([key]) => key === name)?.[1];
      return typeof inode === 'number' ? `1:${inode}` : undefined;
    },
  };
  const found = findTapsetFiles(['/t', '/i'], '.stp', VARIANT, files).filter((entry) => entry.found > 0);
  expect(found).toEqual([
    { directory: '/t/linux', found: 2, paths: ['/t/linux/a.stp', '/t/linux/b.stp'], duplicates: [] },
    {
      directory: '/t',
      found: 3,
      paths: ['/t/c.stp'],
      duplicates: [{ path: '/t/again.stp', reason: 'inode' }],
    },
    {
      directory: '/i',
      found: 2,
      paths: ['/i/own.stp'],
      duplicates: [{ path: '/i/c.stp', reason: 'name' }],
    },
  ]);
  const macros = findTapsetFiles(['/t'], '.stpm', VARIANT, files).flatMap((entry) => entry.paths);
  expect(macros).toEqual(['/t/m.stpm']);
});
