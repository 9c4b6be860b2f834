import { expect, test } from 'vitest';
import { moduleRoot } from './module-root.ts';

test.each([
  ['/a/', {}, 0, '/a'],
  ['b/c', {}, 0, '/cwd/b/c'],
  ['/', {}, 0, '/'],
  ['/a', { STAP_PROCFS_ROOT: '/e' }, 0, '/a'],
  [undefined, { STAP_PROCFS_ROOT: '/e' }, 0, '/e'],
  [undefined, { XDG_RUNTIME_DIR: '/run/user/0' }, 0, '/run/systemtap'],
  [undefined, { XDG_RUNTIME_DIR: '/run/user/7' }, 7, '/run/user/7/systemtap'],
  [undefined, {}, 7, '/tmp/systemtap-7'],
])('option %j, environment %j, uid %d', (option, environment, uid, expected) => {
  expect(moduleRoot(option, environment, uid, '/cwd')).toBe(expected);
});
