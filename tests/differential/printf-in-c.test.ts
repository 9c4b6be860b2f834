import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromBigInt } from '../../src/int64/int64.ts';
import { parseBody } from '../../src/parse/testing/parse-text.ts';
import { compileFormat } from '../../src/runtime/format.ts';
import type { FormatPart } from '../../src/module/format.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { hasCompiler, runCProgram } from './c-program.ts';

/** One conversion and its value, in the part of the language that means the same as in C. */
interface Case {
  readonly flag: string;
  readonly width: string;
  readonly precision: string;
  readonly conversion: string;
  readonly value: bigint | string;
}

const SOURCE = `#include <stdio.h>
#include <string.h>
int main(void) {
  static char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\\n")] = 0;
    char *value = strchr(line, '\\t');
    *value++ = 0;
    long long number;
    if (line[strlen(line) - 1] == 's') printf(line, value);
    else { sscanf(value, "%lld", &number); printf(line, number); }
    putchar('\\n');
  }
  return 0;
}
`;

const layout = {
  width: fc.oneof(fc.constant(''), fc.integer({ min: 1, max: 30 }).map(String)),
  precision: fc.oneof(
    fc.constant(''),
    fc.integer({ min: 0, max: 25 }).map((digits) => `.${digits}`),
  ),
};
const long = fc.oneof(
  fc.bigInt({ min: -20n, max: 300n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n),
);
const numberCase: fc.Arbitrary<Case> = fc
  .record({
    ...layout,
    flag: fc.constantFrom('', '0', '-', '+', ' ', '#'),
    conversion: fc.constantFrom('d', 'i', 'u', 'x', 'X', 'o'),
    value: long,
  })
  // C leaves the sign flags undefined for unsigned numbers, and # for decimal ones.
  .filter(({ flag, conversion }) => !/[+ ]/.test(flag) || /[di]/.test(conversion))
  .filter(({ flag, conversion }) => flag !== '#' || /[xX]/.test(conversion))
  // C writes no digits of 0 at precision 0 and no prefix of 0, and a precision takes the flag 0 away.
  .filter(({ precision, flag, value }) => value !== 0n || (precision !== '.0' && flag !== '#'))
  .filter(({ precision, flag }) => precision === '' || flag !== '0');
const textCase: fc.Arbitrary<Case> = fc.record({
  ...layout,
  flag: fc.constantFrom('', '-'),
  conversion: fc.constant('s'),
  value: fc
    .array(fc.constantFrom('a', ' ', '%', '\\', '\xff', 'Z'), { maxLength: 20 })
    .map((all) => all.join('')),
});
const characterCase: fc.Arbitrary<Case> = fc.record({
  width: layout.width,
  precision: fc.constant(''),
  flag: fc.constantFrom('', '-'),
  conversion: fc.constant('c'),
  value: fc.bigInt({ min: 11n, max: 600n }).filter((byte) => ![0n, 10n].includes(byte & 255n)),
});

let folder = '';
beforeAll(() => {
  folder = makeScratchFolder('printf');
});
afterAll(() => removeScratchFolder(folder));

/** The parts of a format as the parser finds them. */
function partsOf(format: string): readonly FormatPart[] {
  const [statement] = parseBody(`printf("${format}", x)`).statements;
  if (statement?.kind !== 'expression-statement' || statement.expression.kind !== 'print')
    throw new Error(`no print statement: ${format}`);
  return statement.expression.parts ?? [];
}

it.skipIf(!hasCompiler())('numbers, strings and characters are printed as in C', () => {
  const cases = fc.sample(fc.oneof({ arbitrary: numberCase, weight: 4 }, textCase, characterCase), {
    numRuns: 8000,
    seed: 1,
  });
  const start = ({ flag, width, precision }: Case): string => `%${flag}${width}${precision}`;
  const input = cases.map((one) => {
    const size = /[sc]/.test(one.conversion) ? '' : 'll';
    return `${start(one)}${size}${one.conversion}\t${one.value}\n`;
  });
  const expected = runCProgram(folder, SOURCE, input.join('')).split('\n');
  const wrong = cases.flatMap((one, index) => {
    const format = start(one) + one.conversion;
    const value = typeof one.value === 'string' ? one.value : fromBigInt(one.value);
    const actual = compileFormat(partsOf(format))(value);
    return actual === expected[index]
      ? []
      : [`${format} of ${one.value}: '${actual}', in C '${expected[index]}'`];
  });
  expect(wrong).toEqual([]);
  expect(expected).toHaveLength(cases.length + 1);
});
