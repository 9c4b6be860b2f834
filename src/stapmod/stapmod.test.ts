import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CompiledModule } from '../module/compiled-module.ts';
import { DEFAULT_LIMITS } from '../runtime/limits.ts';
import { digest128 } from './digest.ts';
import {
  inputsText,
  readStapmod,
  StapmodError,
  writeStapmod,
  MAX_STAPMOD_BYTES,
  type ModuleInputs,
  type StapmodFacts,
} from './stapmod.ts';

const MODULE: CompiledModule = {
  formatVersion: 3,
  globals: [],
  probes: [],
  limits: DEFAULT_LIMITS,
  maxNesting: 3,
  suppressTimeLimits: false,
  needs: { regex: false, stdin: false },
  code: '(rt) => ({ handlers: [], text: "caf\xe9 \\u20ac" })',
};

const FACTS: StapmodFacts = {
  name: 'mymod',
  timing: false,
  timingAnywhere: false,
  suppressHandlerErrors: false,
  silent: true,
  libraryFiles: [{ path: '/tapset/a.stp', size: 12, modifiedMs: 1.5 }],
  kernelSettings: [['CONFIG_X', 'y']],
};

const INPUTS: ModuleInputs = {
  program: 'stap-ts 0.1.0 main-1',
  uid: 0,
  scripts: [{ name: '<input>', text: 'probe begin { println("caf\xe9") }\n' }],
  scriptArguments: ['a\xff', ''],
  options: ['-g'],
  surroundings: ['release 6.1.0'],
};

const FILE = writeStapmod(FACTS, inputsText(INPUTS), MODULE, '0.1.0');

function refusal(bytes: Buffer): string {
  try {
    readStapmod(bytes, 'x.stapmod');
  } catch (error) {
    if (error instanceof StapmodError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('a file of anybody cannot write control characters to the terminal by its version', () => {
  const forged = Buffer.from('stapmod 9 by stap-ts \x1b]0;title\x07\x9b31m, '.padEnd(127) + '\n', 'latin1');
  expect(refusal(forged)).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
});

describe('a module file', () => {
  test('gives back what was written', () => {
    expect(readStapmod(FILE, 'x')).toEqual({
      writtenBy: '0.1.0',
      facts: FACTS,
      inputs: INPUTS,
      module: MODULE,
    });
  });

  test('says in its first line what it is', () => {
    const [line = ''] = FILE.toString('latin1').split('\n');
    expect(line).toMatch(
      /^stapmod 1 by stap-ts 0\.1\.0, \d+ bytes follow this line, checksum [0-9a-f]{32} *$/,
    );
    expect(line).toHaveLength(127);
  });

  test('keeps integers of 64 bits, and units that are no bytes', () => {
    const probes = [
      {
        event: { family: 'begin' as const, priority: -9223372036854775808n },
        pp: 'begin \u20ac',
        pn: 'begin',
        probeType: 'begin',
        location: '<input>:1:1',
        derivation: [],
        synthetic: false,
        handler: 0,
        prints: false,
      },
    ];
    const bytes = writeStapmod(FACTS, inputsText(INPUTS), { ...MODULE, probes }, '1');
    expect(readStapmod(bytes, 'x').module.probes).toEqual(probes);
  });

  test('is refused with any bytes changed', () => {
    const change = fc.record({
      at: fc.nat(FILE.length - 1),
      // Two changes further apart can only meet by chance, 1 in 2^128; within a word they never do.
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(change, ({ at, bytes }) => {
        const damaged = Buffer.from(FILE);
        damaged.set(bytes.subarray(0, FILE.length - at), at);
        fc.pre(!damaged.equals(FILE));
        expect(refusal(damaged)).not.toBe('accepted');
      }),
      { numRuns: 500 },
    );
  });

  test('is refused with any one byte flipped', () => {
    for (let at = 0; at < FILE.length; at++) {
      const damaged = Buffer.from(FILE);
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at % 8)), at);
      expect(refusal(damaged), `byte ${at}`).not.toBe('accepted');
    }
  });

  test('is refused when cut anywhere', () => {
    for (let length = 1; length < FILE.length; length++)
      expect(refusal(FILE.subarray(0, length)), `${length} bytes`).toBe('truncated: x.stapmod is truncated');
  });

  test.each([
    ['', 'not-a-module: x.stapmod is not a module of stap-ts'],
    ['\x7fELF\x02\x01', 'not-a-module: x.stapmod is not a module of stap-ts'],
    ['{"formatVersion":1}', 'not-a-module: x.stapmod is not a module of stap-ts'],
    [
      'stapmod 3 by stap-ts 0.9, whatever comes',
      'other-version: x.stapmod was written by stap-ts 0.9 (format 3); this program reads format 1: compile it again with stap -p4',
    ],
    [`${FILE.toString('latin1')} `, 'damaged: x.stapmod is damaged: it is longer than it says'],
    [`stapmod of${FILE.toString('latin1')}`, 'damaged: x.stapmod is damaged: its first line is not readable'],
    [
      FILE.toString('latin1').replace('mymod', 'yourm'),
      'damaged: x.stapmod is damaged: its checksum is wrong',
    ],
  ])('%j is refused', (text, expected) => {
    expect(refusal(Buffer.from(text, 'latin1'))).toBe(expected);
  });

  test('is refused when it is too large', () => {
    expect(refusal(Buffer.alloc(MAX_STAPMOD_BYTES + 1))).toBe('too-large: x.stapmod is larger than 64 MB');
  });
});

describe('digest128', () => {
  test('does not depend on where the bytes are in memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 1, max: 3 }), (bytes, offset) => {
        const moved = new Uint8Array(bytes.length + offset);
        moved.set(bytes, offset);
        expect(digest128(moved.subarray(offset))).toBe(digest128(bytes));
      }),
    );
  });

  test('tells seed and bytes, and lengths, apart', () => {
    const digests = ['', '\0', '\0\0', '\0\0\0\0', '\0\0\0\0\0'].flatMap((text) => [
      digest128(Buffer.from(text)),
      digest128(Buffer.from(text), 'seed'),
    ]);
    expect(new Set(digests).size).toBe(digests.length);
  });
});
