import { expect, test } from 'vitest';
import { expandWords } from './word-expansion.ts';

const environment = { HOME: '/home/u', A: 'one two', EMPTY: '', X: 'x' };

test.each([
  ['cat  a\tb', ['cat', 'a', 'b']],
  [`sh -c "exit 3" 'a b' c\\ d`, ['sh', '-c', 'exit 3', 'a b', 'c d']],
  [`'' "" x""y`, ['', '', 'xy']],
  ['$A "$A" p${A}s', ['one', 'two', 'one two', 'pone', 'twos']],
  ['$EMPTY "$EMPTY" ${NONE:-w} ${EMPTY-w} ${X:+y}', ['', 'w', 'y']],
  ['~/a ~ a~ "~"', ['/home/u/a', '/home/u', 'a~', '~']],
  ['# hello $ "a\\"b\\n"', ['#', 'hello', '$', 'a"b\\n']],
])('%j gives the words of wordexp', (text, words) => {
  expect(expandWords(text, environment)).toEqual({ kind: 'words', words, hasPattern: false });
});

test('file name patterns are marked and left as they are', () => {
  expect(expandWords('ls *.c "?"', environment)).toEqual({
    kind: 'words',
    words: ['ls', '*.c', '?'],
    hasPattern: true,
  });
});

test.each([
  ['a | b', 'bad-character'],
  ['a; b', 'bad-character'],
  ['a > b', 'bad-character'],
  ['kill $$', 'bad-character'],
  ['$NONE', 'undefined-variable'],
  ['$(date)', 'command-substitution'],
  ['"`date`"', 'command-substitution'],
  [`it's`, 'syntax'],
  ['"open', 'syntax'],
  ['${X', 'syntax'],
  ['end\\', 'syntax'],
])('%j is refused as %s', (text, failure) => {
  expect(expandWords(text, environment)).toEqual({ kind: 'failure', failure });
});
