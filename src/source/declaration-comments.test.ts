import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeclarationComments, LONGEST_DOCUMENTATION } from './declaration-comments.ts';

/** What is said about `name`, whose place in the text `@` marks. */
function commentOf(marked: string, name = 'hits'): string | undefined {
  const start = marked.indexOf(`@${name}`);
  const text = marked.slice(0, start) + marked.slice(start + 1);
  const lines = text.slice(0, start).split('\n');
  const file = { name: '<input>', text, origin: 'script' } as const;
  return new DeclarationComments(file).of(name, lines.length, (lines.at(-1)?.length ?? 0) + 1);
}

describe('above the declaration', () => {
  it.each([
    ['// Number of hits.\nglobal @hits', 'Number of hits.'],
    ['# Number of hits.\nglobal @hits', 'Number of hits.'],
    ['/* Number of hits. */\nglobal @hits', 'Number of hits.'],
    ['/* Number of hits. */ global @hits', 'Number of hits.'],
    ['/**\n * Number\n * of hits.\n */\nprivate global @hits', 'Number of hits.'],
    ['// Number\n// of hits,\n# by process\nglobal @hits', 'Number of hits, by process'],
    ['  // Number of hits.\r\n  global @hits', 'Number of hits.'],
    ['//----------\n// Number of hits.\n//----------\nglobal @hits', 'Number of hits.'],
    ['#! /usr/bin/stap\n# Number of hits.\nglobal @hits', 'Number of hits.'],
    ['// of #5 * 3\nglobal @hits', 'of #5 * 3'],
  ])('%j', (text, expected) => expect(commentOf(text)).toBe(expected));

  it.each([
    ['#! /usr/bin/stap\nglobal @hits'],
    ['// Licence.\n\nglobal @hits'],
    ['/* Licence. */\n \t\nglobal @hits'],
    ['global other // of other\nglobal @hits'],
    ['probe end { } // of the probe\nglobal @hits'],
    ['probe end { println("\n// text\n") }\nglobal @hits'],
    ['//\nglobal @hits'],
    ['global @hits'],
  ])('%j has none', (text) => expect(commentOf(text)).toBeUndefined());

  it('belongs to each name of a declaration', () => {
    expect(commentOf('// Counters.\nglobal other, @hits')).toBe('Counters.');
    expect(commentOf('// Counters.\nglobal other,\n  @hits')).toBe('Counters.');
    expect(commentOf('global\n  // of other\n  other,\n  // of hits\n  @hits')).toBe('of hits');
    expect(commentOf('// Counters.\nglobal\n  other, // of other\n  @hits')).toBe('Counters.');
  });
});

describe('behind the name', () => {
  it.each([
    ['global @hits // Number of hits.', 'Number of hits.'],
    ['global @hits%[100] # Number of hits.', 'Number of hits.'],
    ['global @hits = -5; /* Number of hits. */', 'Number of hits.'],
    ['global @hits = "// no\\" comment" // Number of hits.', 'Number of hits.'],
    ['// above\nglobal @hits // behind', 'behind'],
    ['global other, // of other\n  @hits // of hits', 'of hits'],
    ['global @hits, // of hits\n  other // of other', 'of hits'],
    ['global @hits /* of hits */, other /* of other */', 'of hits'],
    ['global other /* of other */, @hits /* of hits */', 'of hits'],
    ['global /* of other */ other, /* of hits */ @hits', undefined],
    ['global @hits, /* of other */ other // of both', 'of both'],
    ['global @hits, other // of both', 'of both'],
    ['global @hits; global other // of other', undefined],
    ['global @hits probe end { } // of the probe', undefined],
    ['global @hits = $#  probe end { }', undefined],
  ])('%j', (text, expected) => expect(commentOf(text)).toBe(expected));
});

it('a name that is not written there has none', () => {
  const file = { name: '<input>', text: '// of it\nglobal @NAME', origin: 'script' } as const;
  expect(new DeclarationComments(file).of('hits', 2, 8)).toBeUndefined();
  expect(new DeclarationComments(file).of('hits', 9, 9)).toBeUndefined();
});

it('is cut when it is too long', () => {
  expect(commentOf(`// ${'x'.repeat(5000)}\nglobal @hits`)).toHaveLength(LONGEST_DOCUMENTATION);
});

it('every text has an answer, soon, on one line', () => {
  const piece = fc.constantFrom(
    ...['//', '#', '/*', '*/', '"', '\\', '\n', ' ', ',', ';', '%{', '%}', 'global', 'a', '$', '\0', '['],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.array(piece, { maxLength: 20 }), (before, behind) => {
      const text = `${before.join('')}@hits${behind.join('')}`;
      expect(commentOf(text) ?? 'none').toMatch(/^[^\n]+$/);
    }),
  );
});

it('lines of either kind above are joined in order', () => {
  const word = fc.stringMatching(/^[a-z][a-z ]{0,10}[a-z]$/);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('//', '#', '  // ', '\t#'), word), { minLength: 1 }),
      (lines) => {
        const text = lines.map(([sign, words]) => `${sign} ${words}\n`).join('');
        const joined = lines
          .map(([, words]) => words)
          .join(' ')
          .replace(/ +/g, ' ');
        expect(commentOf(`global other\n\n${text}global @hits`)).toBe(joined.slice(0, LONGEST_DOCUMENTATION));
      },
    ),
  );
});

describe('texts made to take long', () => {
  it.each([
    ['a comment of blanks', `#${' '.repeat(200_000)}x\nglobal @hits`, 'x'],
    ['a comment of dashes', `#${'- '.repeat(100_000)}x\nglobal @hits`, undefined],
    ['many names in a line', `global @hits, ${'other, '.repeat(100_000)}last\n# after\n`, undefined],
  ])('%s', (_what, text, expected) => {
    const startMs = performance.now();
    const comment = commentOf(text);
    if (expected !== undefined) expect(comment).toBe(expected);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  it('thousands of names in a line, each asked for', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `name${index}`);
    const text = `global ${names.join(', ')}\n# after\n`;
    const comments = new DeclarationComments({ name: '<input>', text, origin: 'script' });
    const startMs = performance.now();
    for (const name of names) expect(comments.of(name, 1, text.indexOf(name) + 1)).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(1500);
  });
});
