import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../parse/parse-options.ts';
import { parseScript } from '../../parse/parse-script.ts';
import { renameClashes } from './rename-clashes.ts';
import { syscallAliasText } from './syscall-alias-text.ts';
import { syscallList } from './syscall-list.ts';

const LIST = syscallList('x86_64');

function facts(name: string) {
  const found = LIST.byName.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

test('nearly every system call of the processor has a probe', () => {
  const probed = new Set([...LIST.byName.values()].flatMap(({ kernelNames }) => kernelNames));
  const missing = [...LIST.numbers.keys()].filter((name) => !probed.has(name));
  expect(missing).toEqual([
    // What Linux never had, or has no more.
    ...['get_kernel_syms', 'query_module', 'getpmsg', 'putpmsg', 'afs_syscall', 'tuxcall', 'security'],
    ...['epoll_ctl_old', 'epoll_wait_old', 'vserver'],
  ]);
});

test('processors that came later have no open', () => {
  const list = syscallList('arm64');
  expect(list.byName.has('open')).toBe(false);
  expect(list.numbers.get('openat')).toBe(56);
  expect(list.byName.get('pipe')?.kernelNames).toEqual(['pipe2']);
});

test('variables of a call have names of their own', () => {
  for (const { name, arguments: args } of LIST.byName.values()) {
    const names = args.map((argument) => argument.name);
    expect([name, new Set(names).size]).toEqual([name, names.length]);
  }
});

test('every alias is a sentence of the language', () => {
  for (const call of LIST.byName.values())
    for (const isReturn of [false, true]) {
      const text = syscallAliasText('syscall', call, isReturn);
      const problems: string[] = [];
      const script = parseScript(
        { name: call.name, text, origin: 'library' },
        parseOptions({ privileged: true }),
        { report: ({ message }) => void problems.push(message) },
      );
      expect([call.name, problems, script?.aliases.length]).toEqual([call.name, [], 1]);
    }
});

describe('texts', () => {
  test.each([
    [
      'read',
      `probe syscall.read = kernel.syscall("read") {
name = "read"
fd = (__event_word("syscall:0") << 32) >> 32
buf_uaddr = __event_word("syscall:1")
count = __event_word("syscall:2")
argstr = sprintf("%d, %p, %u", fd, buf_uaddr, count)
}
`,
    ],
    [
      'write',
      `probe syscall.write = kernel.syscall("write") {
name = "write"
fd = (__event_word("syscall:0") << 32) >> 32
buf_uaddr = __event_word("syscall:1")
count = __event_word("syscall:2")
buf_str = _syscall_buffer_str(buf_uaddr, count)
argstr = sprintf("%d, %s, %u", fd, buf_str, count)
}
`,
    ],
    [
      'unlink',
      `probe syscall.unlink = kernel.syscall("unlink") {
name = "unlink"
pathname_uaddr = __event_word("syscall:0")
pathname = user_string_quoted(pathname_uaddr)
pathname_unquoted = user_string_nofault(pathname_uaddr)
argstr = sprintf("%s", pathname)
}
`,
    ],
    [
      'pipe',
      `probe syscall.pipe = kernel.syscall("pipe"), kernel.syscall("pipe2") {
name = "pipe"
fildes_uaddr = __event_word("syscall:0")
flags = (__event_word("syscall:1") << 32) >> 32
argstr = sprintf("%p", fildes_uaddr)
}
`,
    ],
  ])('%s', (name, text) => {
    expect(syscallAliasText('syscall', facts(name), false)).toBe(text);
  });

  test('results', () => {
    expect(syscallAliasText('nd_syscall', facts('mmap2'), true)).toBe(
      `probe nd_syscall.mmap2.return = kernel.syscall("mmap").return {
name = "mmap2"
retval = __event_word("syscall:result")
retstr = return_str(2, retval)
}
`,
    );
  });
});

test('global variables of the script are not arguments', () => {
  const renamed = renameClashes(facts('open'), (name) => name === 'flags' || name === 'mode');
  expect(syscallAliasText('syscall', renamed, false)).toContain(
    'argstr = __flags_argument & 0x40 ? sprintf("%s, %s, %#o", filename, flags_str, __mode_argument)',
  );
  expect(renameClashes(facts('open'), () => false)).toBe(facts('open'));
});

test.each([
  [['buf_str'], 'buf_uaddr count buf_str'],
  [['count'], 'count'],
  [['argstr'], 'fd buf_uaddr count buf_str argstr'],
  [['name', 'other'], 'name'],
])('only what %j need', (wanted, expected) => {
  const text = syscallAliasText('syscall', facts('write'), false, new Set(wanted));
  expect([...text.matchAll(/^(\w+) = /gm)].map(([, name]) => name).join(' ')).toBe(expected);
});
