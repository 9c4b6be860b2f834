import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documentFile } from './documentation.ts';
import { libraryManualPage, libraryMarkdown } from './library-reference.ts';

const root = new URL('../../', import.meta.url);
const files = readdirSync(new URL('tapset', root), { recursive: true, encoding: 'latin1' })
  .sort()
  .filter((name) => /\.stpm?$/.test(name))
  .map((name) => documentFile(name, readFileSync(new URL(`tapset/${name}`, root), 'latin1')));

describe('documentation of a library file', () => {
  const text = `// About
// this file.

/**
 * The byte at a position.
 * Error "out" when there is none.
 */
function at:long (str:string, pos:long) %{ intrinsic at %}

/** Not for scripts. */
function __hidden () { }

/** Twice. */
@define twice(a) %( (@a + @a) %)

/** A file. */
probe data = procfs("data").read { }
function gone:string (a) %{ unavailable stack %}
`;
  const { introduction, entries } = documentFile('a.stp', text);

  it('has the comment at the top', () => {
    expect(introduction).toBe('About this file.');
  });

  it('has functions with parameters, value and errors', () => {
    expect(entries[0]).toEqual({
      kind: 'function',
      name: 'at',
      signature: 'at:long (str:string, pos:long)',
      returnType: 'long',
      parameters: [
        { name: 'str', type: 'string' },
        { name: 'pos', type: 'long' },
      ],
      text: 'The byte at a position. Error "out" when there is none.',
      errors: 'Error "out" when there is none.',
      unavailable: undefined,
    });
  });

  it('has macros, aliases and functions that cannot be had, but nothing private', () => {
    expect(entries.map(({ kind, signature }) => `${kind} ${signature}`)).toEqual([
      'function at:long (str:string, pos:long)',
      'macro @twice (a)',
      'alias data',
      'function gone:string (a)',
    ]);
    expect(entries[3]?.unavailable).toBe('stack');
  });
});

describe('the reference of the library', () => {
  it('is current: run `npm run docs` when this fails', () => {
    expect(libraryMarkdown(files)).toBe(readFileSync(new URL('docs/library.md', root), 'latin1'));
    expect(libraryManualPage(files)).toBe(readFileSync(new URL('man/stapfuncs.3stap', root), 'latin1'));
  });

  it('tells about every function that can be had', () => {
    const silent = files.flatMap(({ path, entries }) =>
      entries
        .filter(({ kind, text, unavailable }) => kind !== 'global' && text === '' && unavailable === undefined)
        .map(({ name }) => `${path}: ${name}`),
    );
    expect(silent).toEqual([]);
  });

  it('uses requests of manual pages only', () => {
    const requests = libraryManualPage(files)
      .split('\n')
      .filter((line) => /^[.']/.test(line))
      .map((line) => line.split(' ')[0] ?? '');
    expect([...new Set(requests)].sort()).toEqual(['.B', '.BR', '.SH', '.SS', '.TH', '.TP', '.\\"']);
  });
});
