import { expect, test } from 'vitest';
import { fragmentOf, routeOf, tokenIn } from './route.ts';

test('a route is in the fragment', () => {
  const route = { module: 'a b', section: 'files', file: 'dir/x%y' } as const;
  expect(fragmentOf(route)).toBe('#/a%20b/files/dir/x%25y');
  expect(routeOf(fragmentOf(route))).toEqual(route);
  expect(fragmentOf({ module: undefined, section: 'probes', file: undefined })).toBe('#/');
});

test('what is not understood is the start', () => {
  expect(routeOf('')).toEqual({ module: undefined, section: 'overview', file: undefined });
  expect(routeOf('#/m/nonsense')).toEqual({ module: 'm', section: 'overview', file: undefined });
  expect(routeOf('#/%E0%A4%A/probes')).toMatchObject({ module: '%E0%A4%A', section: 'probes' });
});

test('a token is no route', () => {
  expect(tokenIn('#token=aB3_-~')).toBe('aB3_-~');
  expect(tokenIn('#token=a+b/c=')).toBe('a+b/c=');
  expect(tokenIn('#token=a%23b%25%21')).toBe('a#b%!');
  expect(tokenIn('#/m/files')).toBeUndefined();
  expect(tokenIn('#token=')).toBeUndefined();
  expect(routeOf('#token=abc').module).toBeUndefined();
});
