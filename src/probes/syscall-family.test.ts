import { expect, test } from 'vitest';
import { syscallFamily } from './syscall-family.ts';
import { syscallList } from './syscalls/syscall-list.ts';
import { parsedPoint } from './testing/parsed-probe.ts';

const family = syscallFamily(
  () => syscallList('x86_64'),
  () => false,
);

function entryOf(text: string): ReturnType<NonNullable<typeof family.entry>> {
  const point = parsedPoint(text);
  return family.entry?.(point, family.build(point));
}

test('a return has its entry', () => {
  const entry = entryOf('kernel.syscall("read").return');
  expect(entry?.event).toEqual({ family: 'syscall', name: 'read', number: 0, access: 'enter' });
  expect(entry?.point.components.map(({ name }) => name)).toEqual(['kernel', 'syscall']);
  expect(entryOf('kernel.syscall("read")')).toBeUndefined();
});

test.each([
  ['$buf', 'read', true],
  ['pointer_arg(2)', 'read', true],
  ['pointer_arg(n)', 'read', false],
  ['$$parms', 'read', false],
  ['$return', 'read', false],
  ['gettimeofday_us()', 'read', false],
  ['$filename', 'execve', false],
])('%s is the same at the return of %s: %s', (text, name, expected) => {
  expect(entryOf(`kernel.syscall("${name}").return`)?.remains?.(text)).toBe(expected);
});
