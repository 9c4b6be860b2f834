import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateProgram } from './generated-program.ts';
import { openLibrary, parseProgram, runPipeline } from './pipeline.ts';
import { interpret, type ReferenceRun } from './reference-interpreter.ts';
import { TooLong } from './reference-failure.ts';

/** Number of programs; more of them with STAP_DIFFERENTIAL_PROGRAMS, others with STAP_DIFFERENTIAL_SEED. */
const PROGRAMS = Number(process.env['STAP_DIFFERENTIAL_PROGRAMS'] ?? 900);
const SEED = Number(process.env['STAP_DIFFERENTIAL_SEED'] ?? 1);
const MAX_STEPS = 20_000;
const MAX_NESTING = 12;

const numbers = fc.array(fc.nat(997), { minLength: 100, maxLength: 600, size: 'max' });
const library = openLibrary();

describe('programs run as the reference interpreter runs them', () => {
  it.each([
    ['optimised', false, 512],
    ['optimised, with short strings', false, 16],
    ['as they are written (-u)', true, 512],
  ] as const)(
    '%s',
    async (_name, unoptimized, maxStringLength) => {
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(numbers, async (choices) => {
          const text = generateProgram(choices);
          const file = parseProgram(text);
          const expected = reference(() =>
            interpret(file, {
              maxStringLength,
              maxNesting: MAX_NESTING,
              combinesProbes: !unoptimized,
              maxSteps: MAX_STEPS,
            }),
          );
          if (expected === undefined) return;
          const defines = [
            `MAXSTRINGLEN=${maxStringLength}`,
            `MAXNESTING=${MAX_NESTING}`,
            'MAXACTION=10000000',
          ];
          const actual = await runPipeline(file, library, { unoptimized, defines });
          expect(withoutPlaces(actual, expected, maxStringLength), text).toEqual(expected);
          compared++;
        }),
        {
          numRuns: Math.ceil(PROGRAMS / 3),
          seed: SEED,
        },
      );
      expect(compared).toBeGreaterThan((PROGRAMS / 3) * 0.8);
    },
    600_000,
  );
});

/** What a run gives; undefined when it takes too long. */
function reference(run: () => ReferenceRun): ReferenceRun | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof TooLong) return undefined;
    throw error;
  }
}

/** Errors say where they happened, as far as the longest length of a string allows. */
function withoutPlaces(actual: ReferenceRun, expected: ReferenceRun, maxStringLength: number): ReferenceRun {
  const errors = actual.errors.map((error, index) => {
    const message = expected.errors[index] ?? '';
    const start = `${message} near `.slice(0, maxStringLength - 1);
    return error.startsWith(start) ? message : error;
  });
  return { ...actual, errors };
}
