import { describe, expect, test } from 'vitest';
import { KernelProbeError } from './kernel-probe-error.ts';
import { createMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';
import { call, EXIT, instruction, loadConstant, program, set } from './testing/small-program.ts';
import { explainRefusal, isAboutInstructions } from './verifier-log.ts';

const calls = loadLoaderSystemCalls();

test('the complaint is told with the place in the script of the instruction', () => {
  const refused = program([], {
    places: [
      { from: 0, text: 'a.stp:1:1' },
      { from: 3, text: 'a.stp:2:5' },
    ],
  });
  const log =
    '0: R1=ctx() R10=fp0\n0: (b7) r0 = 0\n3: (79) r1 = *(u64 *)(r0 +0)\n' +
    "R0 invalid mem access 'scalar'\nprocessed 4 insns (limit 1000000) max_states_per_insn 0\n";
  expect(explainRefusal(refused, log)).toBe(
    "the kernel's verifier refuses the handler at a.stp:2:5: R0 invalid mem access 'scalar'",
  );
});

test('a log without a complaint still gives a sentence', () => {
  expect(explainRefusal(program([]), '')).toBe(
    "the kernel's verifier refuses the program small_test: it does not say why",
  );
});

function refusal(action: () => unknown): KernelProbeError {
  try {
    action();
  } catch (error) {
    if (error instanceof KernelProbeError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe.runIf(hasEbpf())('programs in the kernel', () => {
  test('a program is loaded', () => {
    const fd = loadProgram(calls, program([set(0, 0), EXIT]), []);
    expect(fd).toBeGreaterThan(2);
    calls.close(fd);
  });

  test('maps and addresses of their values are put in', () => {
    const map = createMap(calls, {
      name: 'cells',
      type: 'array',
      keyBytes: 4,
      valueBytes: 64,
      maxEntries: 1,
      mapped: true,
    });
    const code = [loadConstant(1), loadConstant(2), instruction(0x7a, 2, 0, 0, 5), set(0, 0), EXIT];
    const relocations = [
      { instruction: 0, kind: 'map', map: 0 },
      { instruction: 2, kind: 'map-value', map: 0, offset: 56 },
    ] as const;
    calls.close(loadProgram(calls, program(code, { relocations }), [map]));
    const beyond = [{ instruction: 2, kind: 'map-value', map: 0, offset: 64 }] as const;
    expect(() => loadProgram(calls, program(code, { relocations: beyond }), [map])).toThrow(KernelProbeError);
    map.close();
  });

  test('what takes too long to verify can be kept out of the kernel', () => {
    const rounds = [set(0, 0), instruction(0x07, 0, 0, 0, 1), instruction(0xa5, 0, 0, -2, 2_000_000), EXIT];
    const places = [{ from: 0, text: 'x.stp:1:1' }];
    expect(refusal(() => loadProgram(calls, program(rounds, { places }), []))).toMatchObject({
      code: 'E2BIG',
      message:
        'the handler at x.stp:1:1 has more ways through it than the kernel checks; keep it out of the kernel with -D STP_BPF=never',
    });
  });

  test('what the verifier refuses names the place in the script', () => {
    const bad = program([set(0, 0), instruction(0x79, 1, 0, 0), EXIT], {
      places: [
        { from: 0, text: 'x.stp:1:1' },
        { from: 1, text: 'x.stp:3:9' },
      ],
    });
    const error = refusal(() => loadProgram(calls, bad, []));
    expect(error.code).toBe('EACCES');
    expect(error.message).toBe(
      "the kernel's verifier refuses the handler at x.stp:3:9: R0 invalid mem access 'scalar'",
    );
    expect(error.log).toContain('processed');
  });

  test('a helper that does not exist is refused', () => {
    const error = refusal(() => loadProgram(calls, program([call(99_999), set(0, 0), EXIT]), []));
    expect(error.message).toContain('invalid func unknown#99999');
  });
});

test('a relocation of something else never reaches the kernel', () => {
  const wrong = program([set(0, 0), EXIT], { relocations: [{ instruction: 0, kind: 'map', map: 0 }] });
  expect(() => loadProgram(calls, wrong, [])).toThrow('no constant of map 0 at instruction 0');
});

test('a place that no program fits is told from code that is refused', () => {
  expect(isAboutInstructions('The function f return type STRUCT is unsupported.\nprocessed 0 insns')).toBe(
    false,
  );
  expect(
    isAboutInstructions('0: R1=ctx(off=0,imm=0)\n0: (79) r6 = *(u64 *)(r1 +0)\ninvalid bpf_context'),
  ).toBe(true);
});
