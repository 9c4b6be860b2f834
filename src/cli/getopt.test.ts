import { expect, test } from 'vitest';
import type { GetoptEvent, OptionSpelling } from './getopt.ts';
import { getopt } from './getopt.ts';

const options: readonly OptionSpelling[] = [
  { id: 'verbose', short: 'v', argument: 'none' },
  { id: 'pass', short: 'p', argument: 'required' },
  { id: 'runtime', long: ['runtime'], argument: 'required' },
  { id: 'remote', long: ['remote'], argument: 'none' },
  { id: 'color', long: ['color', 'colour'], argument: 'optional' },
];

function scan(...words: string[]): readonly GetoptEvent[] {
  return [...getopt('stap', words, options)];
}

function option(id: string, argument?: string): GetoptEvent {
  return { kind: 'option', id, argument };
}

function operands(...words: string[]): GetoptEvent {
  return { kind: 'operands', words };
}

test('bundles short options; the argument may be glued or the next word', () => {
  expect(scan('-vvp4', '-vp', '2')).toEqual([
    option('verbose'),
    option('verbose'),
    option('pass', '4'),
    option('verbose'),
    option('pass', '2'),
    operands(),
  ]);
});

test('options after operands are still options; a lone dash is an operand; -- ends options', () => {
  expect(scan('a', '-v', '-', '--', '-v', '--x')).toEqual([
    option('verbose'),
    operands('a', '-', '-v', '--x'),
  ]);
});

test('without permutation the first operand ends the options', () => {
  expect([...getopt('stap', ['-v', 'a', '-v'], options, false)]).toEqual([
    option('verbose'),
    operands('a', '-v'),
  ]);
});

test('long options take =argument or the next word, and unique prefixes', () => {
  expect(scan('--runtime=bpf', '--ru', 'kernel', '--col')).toEqual([
    option('runtime', 'bpf'),
    option('runtime', 'kernel'),
    option('color'),
    operands(),
  ]);
});

test('an argument may start with a dash or be empty', () => {
  expect(scan('-p', '-v', '--runtime=')).toEqual([option('pass', '-v'), option('runtime', ''), operands()]);
});

test.each([
  [['--bogus=3'], "stap: unrecognized option '--bogus=3'"],
  [['-Q'], "stap: invalid option -- 'Q'"],
  [['-p'], "stap: option requires an argument -- 'p'"],
  [['--runtime'], "stap: option '--runtime' requires an argument"],
  [['--remo=3'], "stap: option '--remote' doesn't allow an argument"],
  [['--r'], "stap: option '--r' is ambiguous; possibilities: '--runtime' '--remote'"],
])('%j is refused as getopt_long does', (words, message) => {
  expect(scan(...words)[0]).toEqual({ kind: 'error', message });
});
