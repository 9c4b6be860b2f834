import { describe, expect, test } from 'vitest';
import type { HandlerContext } from '../handler-context.ts';
import { flagNameFunctions } from './flag-names.ts';
import { FLAG_TABLES } from './flag-tables.ts';

// These functions look at their arguments only.
const CONTEXT = {} as HandlerContext;

test.each([
  ['open', 0x80000, 'O_CLOEXEC'],
  ['open', 0x80241, 'O_CREAT|O_TRUNC|O_CLOEXEC|0x1'],
  ['open', 0x101000, 'O_SYNC'],
  ['open', 0x1000, 'O_DSYNC'],
  ['mmap', 0x22, 'MAP_PRIVATE|MAP_ANONYMOUS'],
  ['mprotect', 0, 'PROT_NONE'],
  ['mprotect', 3, 'PROT_READ|PROT_WRITE'],
  ['msg', 0, '0x0'],
  ['clone', -0x80000000, 'CLONE_IO|0xffffffff00000000'],
])('flags of %s: %i', (table, value, text) => {
  expect(flagNameFunctions.flag_names(CONTEXT, value, table)).toBe(text);
});

test.each([
  ['seek', 2, 'SEEK_END'],
  ['seek', 9, '0x9'],
  ['fcntl', 1030, 'F_DUPFD_CLOEXEC'],
  ['prctl', 15, 'PR_SET_NAME'],
  ['rlimit', 7, 'RLIMIT_NOFILE'],
  ['sockopt_name', 15, 'SO_REUSEPORT'],
  ['futex', 9, 'FUTEX_WAIT_BITSET'],
  ['madvise', 8, 'MADV_FREE'],
  ['sighandler', -1, 'SIG_ERR'],
])('name in %s of %i', (table, value, text) => {
  expect(flagNameFunctions.value_name(CONTEXT, value, table)).toBe(text);
});

describe('tables', () => {
  test.each(Object.entries(FLAG_TABLES))('%s is well formed', (_name, table) => {
    for (const word of table.split(' ')) expect(word).toMatch(/^[A-Z_][A-Za-z0-9_]*(=[0-9a-f]+)?$/);
    expect(new Set(table.split(' ')).size).toBe(table.split(' ').length);
  });
});
