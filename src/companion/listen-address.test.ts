import { expect, test } from 'vitest';
import { parseListenAddress } from './listen-address.ts';

test.each([
  ['9901', '127.0.0.1', 9901],
  [':9901', '127.0.0.1', 9901],
  ['0', '127.0.0.1', 0],
  ['localhost:9901', 'localhost', 9901],
  ['0.0.0.0:80', '0.0.0.0', 80],
  ['[::1]:9901', '::1', 9901],
  ['[fe80::1%eth0]:9901', 'fe80::1%eth0', 9901],
])('%s is an address', (text, host, port) => {
  expect(parseListenAddress(text)).toEqual({ host, port });
});

test.each([
  '',
  ':',
  'localhost',
  '1.2.3.4',
  '::1:9901',
  '[::1]',
  '70000',
  '-1',
  '9901 ',
  'a b:1',
  'http://a:1',
])('%j is none', (text) => {
  expect(parseListenAddress(text)).toBeUndefined();
});
