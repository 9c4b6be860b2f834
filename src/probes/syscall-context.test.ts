import { expect, test } from 'vitest';
import { printBlock } from '../ast/print-statement.ts';
import { parseOptions } from '../parse/parse-options.ts';
import { parseScript } from '../parse/parse-script.ts';
import type { ExpandedBody } from './probe-family.ts';
import { expandSyscallContext } from './syscall-context.ts';
import { syscallList } from './syscalls/syscall-list.ts';

function expand(text: string, access: 'enter' | 'exit', globals: readonly string[] = []): ExpandedBody {
  const source = { name: 'input', text: `probe begin { ${text} }`, origin: 'script' } as const;
  const script = parseScript(source, parseOptions({ privileged: true }), { report: () => undefined });
  const body = script?.probes[0]?.body;
  if (body === undefined) throw new Error(`${text} does not parse`);
  const event = { family: 'syscall', name: 'read', number: 0, access } as const;
  const surroundings = { list: syscallList('x86_64'), isGlobal: (name: string) => globals.includes(name) };
  return expandSyscallContext(body, event, surroundings, (_file, kind) => kind);
}

test.each([
  ['$fd', '((event_word("syscall:0")) << (32)) >> (32)'],
  ['$buf', 'event_word("syscall:1")'],
  ['$return', 'event_word("syscall:result")'],
  ['$$return', 'sprintf("return=%#x", event_word("syscall:result"))'],
])('%s', (text, expected) => {
  const { body, unresolvedTargets } = expand(`x = ${text}`, 'exit');
  expect([...unresolvedTargets]).toEqual([]);
  expect(printBlock(body)).toContain(`(x) = (${expected})`);
});

test('$$vars and $$parms', () => {
  expect(printBlock(expand('x = $$parms', 'exit').body)).toContain('sprintf("fd=%#x buf=%#x count=%#x"');
  expect(printBlock(expand('x = $$vars', 'exit').body)).toContain('buf=%#x count=%#x return=%#x"');
  expect(printBlock(expand('x = $$vars', 'enter').body)).toContain('sprintf("fd=%#x buf=%#x count=%#x"');
});

test.each([
  ['x = $return', "unable to find system call variable '$return' (alternatives: buf, fd, count)"],
  ['x = $bug', "unable to find system call variable '$bug' (alternatives: buf, fd, count)"],
  ['$fd = 1', "write to '$fd' not permitted: handlers cannot change what they trace"],
  ['x = &$fd', 'cannot take address of context variable'],
  ['x = $buf->x', "'$buf' is a number without a type; use @cast"],
])('%s is refused', (text, expected) => {
  const { unresolvedTargets } = expand(text, 'enter');
  expect([...unresolvedTargets.values()].map(({ message }) => message)).toEqual([expected]);
});

test('at the return arguments that the handler reads, and only those', () => {
  const text = printBlock(expand('print(fd)', 'exit').body);
  expect(text).toContain('(fd) = (((__event_word("syscall:0")) << (32)) >> (32))');
  expect(text).not.toContain('count');
  expect(printBlock(expand('print(fd)', 'enter').body)).not.toContain('(fd) =');
});

test.each([
  'fd = 1; print(fd)',
  'fd++',
  'foreach (fd in a) print(fd)',
  'try { error("") } catch (fd) { print(fd) }',
])('%s: a variable of its own', (text) => {
  expect(printBlock(expand(text, 'exit').body)).not.toContain('__event_word');
});

test('a global variable is what it is', () => {
  expect(printBlock(expand('print(fd)', 'exit', ['fd']).body)).not.toContain('__event_word');
});
