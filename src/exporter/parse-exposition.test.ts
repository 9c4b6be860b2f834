import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_LINE_BYTES, MAX_SAMPLES, parseExposition } from './parse-exposition.ts';

/** Names and values of the samples, and how many lines were left out. */
function read(...lines: readonly string[]): { readonly samples: string[]; readonly leftOut: number } {
  const { families, linesLeftOut } = parseExposition(`${lines.join('\n')}\n`);
  const samples = families.flatMap((family) =>
    family.samples.map(
      ({ name, labels, value, timestamp }) =>
        `${family.type} ${name}${JSON.stringify(labels)} ${value}${timestamp === undefined ? '' : ` ${timestamp}`}`,
    ),
  );
  return { samples, leftOut: linesLeftOut };
}

describe('samples', () => {
  test('with and without labels, times and types', () => {
    expect(
      read('a 1', 'b{} 2.5e3', ' c{x="y", z="\\"\\\\\\n",} -Inf 17', '# TYPE d counter', 'd\t9', '').samples,
    ).toEqual([
      'untyped a[] 1',
      'untyped b[] 2.5e3',
      'untyped c[["x","y"],["z","\\"\\\\\\n"]] -Inf 17',
      'counter d[] 9',
    ]);
  });

  test('what string_quoted() writes for bytes without an escape is understood', () => {
    expect(read('a{k="\\033\\t\\u00E9\\U0001F600"} 1').samples).toEqual([
      'untyped a[["k","\\u001b\\tÃ©ð\x9f\x98\x80"]] 1',
    ]);
  });

  test.each([
    'a',
    'a 1 2 3',
    'a b',
    'a 0x10',
    'a 1e999',
    'a 1 99999999999999999999',
    '1a 1',
    'a{b=1} 1',
    'a{b="1} 1',
    'a{b="1"c="2"} 1',
    'a{b="1",b="2"} 1',
    'a{b:c="1"} 1',
    'a{b="\\q"} 1',
    'a{b="1"} 1 # {c="d"} 1',
    '# TYPE a histogramm',
    '# HELP 1a text',
    'a1{',
  ])('%j is left out alone', (line) => {
    expect(read('first 1', line, 'last 2')).toEqual({
      samples: ['untyped first[] 1', 'untyped last[] 2'],
      leftOut: 1,
    });
  });

  test('other comments and empty lines say nothing', () => {
    expect(read('# a comment', '', '#', '# EOF', '#HELP', '  ')).toEqual({ samples: [], leftOut: 0 });
  });
});

describe('families', () => {
  test('samples of a histogram and of a summary belong to it', () => {
    const { families, linesLeftOut } = parseExposition(
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n' +
        '# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 1\ns_count 1\n',
    );
    expect(families.map(({ name, samples }) => [name, samples.length])).toEqual([
      ['h', 4],
      ['s', 3],
    ]);
    expect(linesLeftOut).toBe(0);
  });

  test('what contradicts an earlier line is left out', () => {
    expect(
      read(
        'h_sum 1',
        '# TYPE h histogram',
        '# TYPE i histogram',
        'i 1',
        'i_bucket 1',
        'i_bucket{le="x"} 1',
        '# TYPE i_sum counter',
        'i_sum 5',
        '# TYPE j gauge',
        '# TYPE j counter',
        'j 1',
        'j 2',
        'j{a="1",b="2"} 1',
        'j{b="2",a="1"} 1',
      ),
    ).toEqual({
      samples: ['untyped h_sum[] 1', 'histogram i_sum[] 5', 'gauge j[] 1', 'gauge j[["a","1"],["b","2"]] 1'],
      leftOut: 8,
    });
  });

  test('help is unescaped, and the first one counts', () => {
    const { families } = parseExposition('# HELP a one\\n\\\\two\n# HELP a again\na 1\n');
    expect(families[0]?.help).toBe('one\n\\two');
  });
});

test('any text is read, and each of its lines counts once at most', () => {
  const piece = fc.constantFrom(
    'a',
    'b_sum',
    '{',
    '}',
    '"',
    '\\',
    '=',
    ',',
    ' ',
    '\n',
    '1',
    '# TYPE ',
    '\xff',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      const { families, linesLeftOut } = parseExposition(text);
      const samples = families.flatMap((family) => family.samples);
      expect(samples.length + linesLeftOut).toBeLessThanOrEqual(text.split('\n').length);
    }),
  );
});

describe('texts made to harm', () => {
  const huge = 4 << 20;

  test.each([
    ['a label without end', `a{b="${'x'.repeat(huge)}`],
    ['a label of escapes', `a{b="${'\\n'.repeat(huge / 2)}"} 1`],
    ['blanks', `a${' '.repeat(huge)}b`],
    ['a comment', `# HELP ${' '.repeat(huge)}b`],
    ['many labels', `a{${'b="",'.repeat(huge / 5)}} 1`],
  ])('%s, 4 MiB in one line', (_what, line) => {
    const startMs = performance.now();
    expect(read(line, 'last 1')).toEqual({ samples: ['untyped last[] 1'], leftOut: 1 });
    expect(performance.now() - startMs).toBeLessThan(500);
  });

  test.each([
    ['a label', (name: string) => `${name}{b="${'\\n'.repeat(MAX_LINE_BYTES / 2 - 20)}"} 1`, 0],
    ['blanks', (name: string) => `${name}${' '.repeat(MAX_LINE_BYTES - 20)}b`, 1],
    ['numbers', (name: string) => `${name}${' 1'.repeat(MAX_LINE_BYTES / 2 - 20)}`, 1],
    ['digits', (name: string) => `${name} ${'1'.repeat(MAX_LINE_BYTES - 20)}x`, 1],
    ['blanks in a comment', (name: string) => `# HELP ${name}${' '.repeat(MAX_LINE_BYTES - 20)}b`, 0],
  ])('%s in sixty lines as long as they may be', (_what, lineOf, leftOut) => {
    const startMs = performance.now();
    expect(read(...Array.from({ length: 60 }, (_, index) => lineOf(`a${index}`))).leftOut).toBe(60 * leftOut);
    expect(performance.now() - startMs).toBeLessThan(2000);
  });

  test('only so many samples', () => {
    const lines = Array.from({ length: MAX_SAMPLES + 7 }, (_, index) => `a${index} 1`);
    expect(read(...lines)).toMatchObject({ samples: { length: MAX_SAMPLES }, leftOut: 7 });
  });
});
