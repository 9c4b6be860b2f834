import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import {
  EVENT,
  generateAnyHandler,
  generateCommutingHandler,
  generateKernelHandler,
} from './generated-handler.ts';
import {
  compileForKernel,
  deferralReasons,
  runWithEvents,
  runWithSimultaneousEvents,
} from './kernel-pipeline.ts';
import { openLibrary, parseProgram } from './pipeline.ts';
import { TooLong } from './reference-failure.ts';
import { interpret, type ReferenceEvent, type ReferenceRun } from './reference-interpreter.ts';

/** Number of handlers of each kind; more of them with STAP_DIFFERENTIAL_HANDLERS, others with STAP_DIFFERENTIAL_SEED. */
const HANDLERS = Number(process.env['STAP_DIFFERENTIAL_HANDLERS'] ?? 200);
const SEED = Number(process.env['STAP_DIFFERENTIAL_SEED'] ?? 1);
const MAX_STRING_LENGTH = 128;

const library = openLibrary();
const numbers = fc.array(fc.nat(997), { minLength: 40, maxLength: 300, size: 'max' });
const word = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 40n }),
  fc.constantFrom(2n ** 64n - 1n, 2n ** 63n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n + 1n),
);
const events = fc.array(fc.array(word, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 10 });

/** What C makes of the arguments: unsigned long, const void *, size_t, size_t, gfp_t (unsigned int), int. */
function referenceEvent([
  site = 0n,
  ,
  requested = 0n,
  allocated = 0n,
  flags = 0n,
  node = 0n,
]: readonly bigint[]): ReferenceEvent {
  const values = [site, requested, allocated].map((value) => BigInt.asIntN(64, value));
  const all = [...values, BigInt.asUintN(32, flags), BigInt.asIntN(32, node)];
  return {
    targets: new Map(EVENT.arguments.map((name, index) => [name, all[index] ?? 0n])),
    functions: new Map<string, bigint | string>([
      ['pid', BigInt(process.pid)],
      ['tid', BigInt(threadId())],
      ['execname', readFileSync('/proc/thread-self/comm', 'latin1').trimEnd()],
    ]),
  };
}

function threadId(): string {
  return /^Pid:\s+(\d+)$/m.exec(readFileSync('/proc/thread-self/status', 'latin1'))?.[1] ?? '0';
}

/** What the reference does; undefined when it takes too long. */
function reference(text: string, each: readonly (readonly bigint[])[]): ReferenceRun | undefined {
  try {
    return interpret(parseProgram(text), {
      maxStringLength: MAX_STRING_LENGTH,
      maxNesting: 10,
      combinesProbes: true,
      maxSteps: 20_000,
      events: each.map(referenceEvent),
    });
  } catch (error) {
    if (error instanceof TooLong) return undefined;
    throw error;
  }
}

/** Errors say where they happened, which the reference does not. */
function comparable(actual: ReferenceRun, expected: ReferenceRun): ReferenceRun {
  const errors = actual.errors.map((error, index) => {
    const message = expected.errors[index] ?? '';
    return error.startsWith(`${message} near `.slice(0, MAX_STRING_LENGTH - 1)) ? message : error;
  });
  return { ...actual, errors };
}

describe.runIf(hasEbpf())('generated handlers of events in the kernel', () => {
  it.each([
    ['those that can run there', generateKernelHandler, true, 1000],
    ['any', generateAnyHandler, false, 100_000],
  ] as const)(
    '%s: in the kernel, deferred and by the reference interpreter',
    async (_name, generate, isPlaced, maxActions) => {
      const defines = [`MAXACTION=${maxActions}`, `MAXSTRINGLEN=${MAX_STRING_LENGTH}`];
      let compared = 0;
      let failed = 0;
      await fc.assert(
        fc.asyncProperty(numbers, events, async (choices, each) => {
          const text = generate(choices);
          const expected = reference(text, each);
          if (expected === undefined) return;
          const inKernel = compileForKernel(parseProgram(text), library, { mode: 'auto', defines });
          const deferred = compileForKernel(parseProgram(text), library, { mode: 'never', defines });
          if (isPlaced) expect(deferralReasons(inKernel), text).toEqual([]);
          const runs = {
            inKernel: comparable(await runWithEvents(inKernel, each), expected),
            paused: comparable(await runWithEvents(inKernel, each, true), expected),
            deferred: comparable(await runWithEvents(deferred, each), expected),
          };
          expect(runs, text).toEqual({ inKernel: expected, paused: expected, deferred: expected });
          compared++;
          if (expected.errors.length > 0) failed++;
        }),
        { numRuns: HANDLERS, seed: SEED },
      );
      expect(compared).toBeGreaterThan(HANDLERS * 0.8);
      // Both kinds of endings are among them.
      expect(failed).toBeGreaterThan(HANDLERS / 50);
      expect(failed).toBeLessThan(compared * 0.8);
    },
    600_000,
  );

  it('updates that commute lose nothing when several processors run them at once', async () => {
    const defines = [`MAXSTRINGLEN=${MAX_STRING_LENGTH}`];
    // As long as it takes for threads to meet on a busy machine, too.
    const [threads, rounds] = [2, 40_000];
    const few = fc.array(fc.array(word, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(numbers, few, async (choices, each) => {
        const text = generateCommutingHandler(choices);
        const module = compileForKernel(parseProgram(text), library, { mode: 'auto', defines });
        expect(deferralReasons(module), text).toEqual([]);
        const once = await runWithSimultaneousEvents(module, each, { threads: 1, rounds: 1 });
        expect(once, text).toEqual(reference(text, each));
        const alone = await runWithSimultaneousEvents(module, each, { threads: 1, rounds: threads * rounds });
        const together = await runWithSimultaneousEvents(module, each, { threads, rounds });
        expect(inAnyOrder(together), text).toEqual(inAnyOrder(alone));
      }),
      // What depends on when threads run cannot be made smaller.
      { numRuns: Math.ceil(HANDLERS / 20), seed: SEED, endOnFailure: true },
    );
  }, 600_000);
});

/** Elements that appear at the same time have no order. */
function inAnyOrder({ output, errors }: ReferenceRun): unknown {
  return [output.split('\n').sort(), errors];
}
