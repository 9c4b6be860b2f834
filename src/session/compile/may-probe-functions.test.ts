import { expect, test } from 'vitest';
import { mayProbeFunctions } from './may-probe-functions.ts';

test.each([
  ['probe begin { f(a, b) }', false],
  ['global x\nprobe procfs("x").read, timer.s(1), end(5) { }', false],
  ['probe syscall.read.return, process("sh").begin { } probe kernel.trace("a:b") ? { }', false],
  ['probe mine = timer.s(1) { }', true],
  ['probe kernel.function("vfs_read") { }', true],
  ['probe begin,\n  kernel . function("vfs_read").return { }', true],
  ['probe kernel.trace("a") !, kernel.function("a") { }', true],
  ['probe vfs.read { }', true],
  ['function f() { return 1 }', false],
  ['probe $1.call { }', true],
  ['probe timer.s(1), @points { }', true],
  ['probe process("a$b").begin { }', false],
])('%s', (text, expected) => {
  expect(mayProbeFunctions(text)).toBe(expected);
});
