import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinExpositions, type JoinedExposition } from './join-expositions.ts';
import { parseExposition } from './parse-exposition.ts';

function join(texts: Readonly<Record<string, string>>): JoinedExposition {
  return joinExpositions(
    Object.entries(texts).map(([script, text]) => ({ script, exposition: parseExposition(text) })),
  );
}

describe('joined texts', () => {
  test('a family of several scripts appears once, each sample with its script', () => {
    const { text } = join({
      'one.stp': '# HELP x_total About x.\n# TYPE x_total counter\nx_total{a="1"} 1\n',
      'two.stp': '# HELP x_total Other words.\n# TYPE x_total counter\nx_total 2 1000\ny 3\n',
    });
    expect(text).toBe(
      '# HELP x_total About x.\n# TYPE x_total counter\nx_total{script="one.stp",a="1"} 1\n' +
        'x_total{script="two.stp"} 2 1000\n' +
        '# HELP y Without description in two.stp.\n# TYPE y untyped\ny{script="two.stp"} 3\n',
    );
  });

  test('a label of that name is kept under another one', () => {
    const { text } = join({ s: 'a{script="x"} 1\nb{script="x",exported_script="y"} 2\n' });
    expect(text).toContain('a{script="s",exported_script="x"} 1\n');
    expect(text).toContain('b{script="s",exported_exported_script="x",exported_script="y"} 2\n');
  });

  test('a family of another type is left out of the later script', () => {
    const { text, conflicts } = join({
      one: '# TYPE x counter\nx 1\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
      two: '# TYPE x gauge\nx 2\nh_sum 7\ny 5\n',
    });
    expect([...conflicts]).toEqual([['two', ['x', 'h_sum']]]);
    expect(text).not.toContain('{script="two"} 2');
    expect(text).not.toContain('{script="two"} 7');
    expect(text).toContain('y{script="two"} 5\n');
  });

  test('numbers without a type go with counters and gauges', () => {
    const { text, conflicts } = join({ one: '# TYPE x counter\nx 1\n', two: 'x 2\n' });
    expect(conflicts.size).toBe(0);
    expect(text).toContain('# TYPE x counter\nx{script="one"} 1\nx{script="two"} 2\n');
  });

  test('names of the exporter itself are not for scripts', () => {
    const { text, conflicts } = join({ bad: 'stap_exporter_script_up{script="good"} 0\n' });
    expect([text, [...conflicts.keys()]]).toEqual(['', ['bad']]);
  });

  test('bytes become UTF-8, and nothing ends a label or the text', () => {
    const { text } = join({ 'a"\\.stp': '# HELP a \xc3\xa9\0\\\\\na{k="\xc3\xa9\\n\\"\0\xff"} 1\n' });
    expect(text).toBe(
      '# HELP a é\ufffd\\\\\n# TYPE a untyped\na{script="a\\"\\\\.stp",k="é\\n\\"\ufffdÿ"} 1\n',
    );
  });
});

const word = fc.constantFrom('a', 'b', 'a_sum', 'a_bucket', 'le', 'script', '1', '-Inf', '{', '}', '"');
const line = fc.oneof(
  fc.constantFrom('# TYPE a histogram', '# TYPE a counter', '# TYPE b summary', '# HELP a \\x', 'b 1'),
  fc.constantFrom(
    'a_bucket{le="+Inf"} 3',
    'a_sum 1',
    'a_count 3',
    'a{l="\\000\\377"} 1',
    'b{quantile="1"} 5',
  ),
  fc.array(word, { maxLength: 8 }).map((words) => words.join(' ')),
);
const script = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));

test('what is joined can be read without anything left out, whatever the scripts say', () => {
  fc.assert(
    fc.property(script, script, (one, two) => {
      const { text } = join({ one, two });
      const again = parseExposition(Buffer.from(text).toString('latin1'));
      expect(again.linesLeftOut).toBe(0);
    }),
    { numRuns: 500 },
  );
});

const PROMTOOL = '/usr/bin/promtool';

test.skipIf(!existsSync(PROMTOOL))('promtool reads what is joined', () => {
  const { text } = join({
    one: '# TYPE a histogram\na_bucket{le="+Inf"} 3\na_sum 1\na_count 3\nbad{\nlost{l="\\000\\377\\033"} 1e5',
    two: '# TYPE a counter\na 1\n# HELP lost A "help" with \\\\ and \xff\0.\nlost{script="x"} NaN\n',
  });
  expect(execFileSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
});
