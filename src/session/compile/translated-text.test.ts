import { expect, test } from 'vitest';
import { Assembler } from '../../bpf/assembler.ts';
import type { CompiledModule, CompiledProbe } from '../../module/compiled-module.ts';
import { DEFAULT_LIMITS } from '../../runtime/limits.ts';
import { translatedText } from './translated-text.ts';

const MODULE: CompiledModule = {
  formatVersion: 3,
  globals: [],
  probes: [],
  limits: DEFAULT_LIMITS,
  maxNesting: 2,
  suppressTimeLimits: false,
  needs: { regex: false, stdin: false },
  code: '(rt) => ({})',
};
const PROBE: CompiledProbe = {
  event: { family: 'tracepoint', name: 'sched_switch' },
  pp: 'kernel.trace("sched:sched_switch")',
  pn: 'kernel.trace("sched_switch")',
  probeType: 'kernel.trace',
  location: 'a.stp:1:1',
  derivation: [],
  synthetic: false,
  handler: 0,
  prints: false,
};

function counter(): Pick<ReturnType<Assembler['finish']>, 'relocations' | 'places'> & {
  readonly code: string;
} {
  const assembler = new Assembler();
  assembler.place('a.stp:1:9');
  assembler.mapValue('r1', 0, 64);
  assembler.alu('=', 'r2', 1);
  assembler.atomic('add', 8, 'r1', 0, 'r2');
  assembler.place('a.stp:1:20');
  assembler.map('r1', 0);
  assembler.exit();
  const { code, relocations, places } = assembler.finish();
  return { code: Buffer.from(code).toString('base64'), relocations, places };
}

test('a module without a kernel part is its code', () => {
  expect(translatedText(MODULE)).toBe('(rt) => ({})\n');
});

test('programs follow as comments: their sites, probes, places in the script and maps by name', () => {
  const site = { kind: 'tracepoint', program: 0, probe: 0, name: 'sched_switch' } as const;
  const text = translatedText({
    ...MODULE,
    probes: [PROBE],
    kernel: {
      release: '6.1.0',
      maps: [{ name: 'cells', type: 'array', keyBytes: 4, valueBytes: 72, maxEntries: 1, mapped: true }],
      programs: [{ name: 'p0', type: 'raw-tracepoint', ...counter() }],
      sites: [site, ...[1, 2, 3, 4, 5].map((number) => ({ ...site, name: `other_${number}` }))],
      layouts: {},
      placements: {},
      globals: [],
      prints: [],
      errors: [],
    },
  });
  expect(text).toBe(`(rt) => ({})
//
// map 0 cells: array, key 4, value 72, 1 elements
//
// program 0 p0 (raw-tracepoint): sched_switch, other_1, other_2, other_3, and 2 more
//   probe 0 kernel.trace("sched:sched_switch") at a.stp:1:1
// ; a.stp:1:9
//    0: (18) r1 = map[cells][0]+64
//    2: (b7) r2 = 1
//    3: (db) lock *(u64 *)(r1 +0) += r2
// ; a.stp:1:20
//    4: (18) r1 = map[cells]
//    6: (95) exit
`);
});
