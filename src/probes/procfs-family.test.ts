import { describe, expect, test } from 'vitest';
import { deriveText } from '../semantic/derive/testing/derive-text.ts';

describe('procfs events', () => {
  test.each([
    ['procfs.read', { access: 'read', path: 'command' }],
    ['procfs.write', { access: 'write', path: 'command' }],
    ['procfs("a/b c").read', { access: 'read', path: 'a/b c' }],
    ['procfs("...").write', { access: 'write', path: '...' }],
    ['procfs("\\x41\\101").read', { access: 'read', path: 'AA' }],
    ['procfs.umask(0400).read.maxsize(16)', { access: 'read', path: 'command', umask: 256, maxSize: 16 }],
    ['procfs("x").umask(-1).write', { access: 'write', path: 'x', umask: -1 }],
  ])('%s', (point, expected) => {
    expect(deriveText(`probe ${point} {}`).probes[0]?.event).toEqual({ family: 'procfs', ...expected });
  });
});

describe('procfs points that are refused', () => {
  const at = (message: string, place: string): string => `semantic error: ${message}: identifier ${place}`;
  const relative = "procfs path cannot be relative (and contain '.' or '..')";

  test.each([
    ['procfs', at('probe point truncated (follow:  read umask(number) write)', "'procfs' at :1:7")],
    ['procfs("c")', at('probe point truncated (follow:  read umask(number) write)', "'procfs' at :1:7")],
    ['procfs.umask(1)', at('probe point truncated (follow:  read write)', "'umask' at :1:14")],
    ['procfs.rread', at('probe point mismatch (similar: read, write, umask)', "'rread' at :1:14")],
    ['procfs.umask', at('probe point mismatch (similar: umask, read, write)', "'umask' at :1:14")],
    [
      'procfs.maxsize(3).read',
      at('probe point mismatch (similar: write, umask, read)', "'maxsize' at :1:14"),
    ],
    ['procfs.umask("x").read', at('probe point mismatch (similar: umask, read, write)', "'umask' at :1:14")],
    ['procfs.read.write', at('invalid suffix for probe', "'write' at :1:19")],
    ['procfs.read.maxsize', at('invalid suffix for probe', "'maxsize' at :1:19")],
    ['procfs.read.umask(3)', at('invalid suffix for probe', "'umask' at :1:19")],
    ['procfs.write.maxsize(3)', at('invalid suffix for probe', "'maxsize' at :1:20")],
    ['procfs.read.maxsize(0)', 'semantic error: maxsize must be greater than 0'],
    ['procfs.read.maxsize(-1)', 'semantic error: maxsize must be greater than 0'],
    ['procfs("/a").read', at("procfs path cannot start with a '/'", "'procfs' at :1:7")],
    ['procfs("/").read', at("procfs path cannot start with a '/'", "'procfs' at :1:7")],
    ['procfs("").read', at("procfs path cannot end with a '/'", "'procfs' at :1:7")],
    ['procfs("a/").read', at("procfs path cannot end with a '/'", "'procfs' at :1:7")],
    ['procfs("a//b").read', at('procfs path component cannot be empty', "'procfs' at :1:7")],
    ['procfs("a//").read', at('procfs path component cannot be empty', "'procfs' at :1:7")],
    ['procfs(".").read', at(relative, "'procfs' at :1:7")],
    ['procfs("a/../b").read', at(relative, "'procfs' at :1:7")],
    ['procfs("a/.").read', at(relative, "'procfs' at :1:7")],
  ])('%s', (point, cause) => {
    const { messages, probes } = deriveText(`probe ${point} {}`);
    const name = point.split(/[.(]/)[0] ?? '';
    expect(messages).toEqual([
      `semantic error: while resolving probe point: identifier '${name}' at <input>:1:7`,
      cause,
    ]);
    expect(probes).toEqual([]);
  });

  test('a path is not a number', () => {
    expect(deriveText('probe procfs(1).read {}').messages[1]).toContain(
      'probe point mismatch (similar: procfs, process, nfs, vfs, _nfs)',
    );
  });

  test('unprivileged users', () => {
    const { messages } = deriveText('probe procfs("x").read.maxsize(3), begin {}', { privileged: false });
    expect(messages).toEqual([
      "semantic error: while resolving probe point: identifier 'procfs' at <input>:1:7",
      "semantic error: probe point is not allowed for --privilege=stapusr: identifier 'maxsize' at :1:24",
    ]);
  });
});
