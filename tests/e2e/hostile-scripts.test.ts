import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainEnvironment, runCommand, stapPath } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';

/** Far above what is measured (under 3 s each), far below what a script that gets out of hand would take. */
const TIME_LIMIT_MS = 30_000;
const MEMORY_LIMIT_MB = 1024;

const many = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join('');

/** Bytes that look random and are always the same. */
function noise(length: number): string {
  let state = 7;
  return many(length, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return String.fromCharCode((state >> 16) & 0xff);
  });
}

const longName = 'n'.repeat(65_536);

/** What the script is, its text, and what comes out: text on standard output, or an error. */
const SCRIPTS: readonly (readonly [string, string, string | RegExp])[] = [
  [
    '10,000 parentheses',
    `probe begin { println(${'('.repeat(10_000)}1${')'.repeat(10_000)}) exit() }`,
    /^parse error: nested too deeply/,
  ],
  [
    '100,000 open parentheses',
    `probe begin { println(${'('.repeat(100_000)}`,
    /^parse error: nested too deeply/,
  ],
  [
    '10,000 braces',
    `probe begin ${'{'.repeat(10_000)} exit() ${'}'.repeat(10_000)}`,
    /^parse error: nested too deeply/,
  ],
  [
    '20,000 signs',
    `probe begin { println(${'- '.repeat(20_000)}1) exit() }`,
    /^parse error: nested too deeply/,
  ],
  ['20,000 terms', `probe begin { println(1${' + 1'.repeat(20_000)}) exit() }`, /^parse error: .*too long/],
  ['a string of 1 MB', `probe begin { println(strlen("${'a'.repeat(1 << 20)}")) exit() }`, '511\n'],
  [
    '100,000 lines',
    `probe begin { if (0) {\n${many(100_000, (i) => `x = ${i}\n`)}} println(1) exit() }`,
    '1\n',
  ],
  [
    'macros that double forty times',
    `${many(40, (i) => `@define m${i + 1} %( @m${i} @m${i} %)\n`)}@define m0 %( x++ %) probe begin { @m40 exit() }`,
    /^parse error: expansion of macro '@\w+' too large/,
  ],
  ['a macro that calls itself', '@define m %( @m %) probe begin { @m }', /^parse error: .*macro '@m'/],
  ['100,000 globals', `${many(100_000, (i) => `global g${i}\n`)}probe begin { println(1) exit() }`, '1\n'],
  [
    '10,000 probes',
    `${many(10_000, (i) => `probe begin(${i}) { n++; if (${i} == 9999) println("last") }\n`)}probe begin { exit() }`,
    '',
  ],
  [
    '1,000 times else if',
    `probe begin { x = 5; ${many(1000, (i) => `if (x == ${i + 9}) y++; else `)} exit() }`,
    /^parse error: .*too long/,
  ],
  [
    '200 times else if',
    `probe begin { x = 5; ${many(200, (i) => `if (x == ${i + 9}) println(0) else `)} println(1) exit() }`,
    '1\n',
  ],
  ['a name of 64 KB', `probe begin { ${longName} = 1; println(${longName}) exit() }`, '1\n'],
  ['an end by a NUL byte', 'probe begin { println(1) exit() }\0 junk', '1\n'],
  ['random bytes', noise(200_000), /^parse error: /],
  ['random bytes in a handler', `probe begin { ${noise(100_000)}`, /^parse error: /],
  ['an endless comment', `/*${'x'.repeat(1 << 20)}`, /^Input file '.*' is empty/],
  [
    '5,000 nested conditionals',
    `${'%( 1 == 1 %? '.repeat(5000)}probe begin { println(1) exit() }${'%)'.repeat(5000)}`,
    '1\n',
  ],
  [
    '2^25 probe points',
    `probe ${'{a,b}.'.repeat(25)}x { exit() }`,
    /^parse error: probe point expands to more/,
  ],
  [
    '1,500 assignments in reverse',
    `probe begin { ${many(1500, (i) => `a${1500 - i} = a${1499 - i}; `)} a0 = 1; println(a1500) exit() }`,
    '0\n',
  ],
  [
    '1,500 functions in a row',
    `${many(1500, (i) => `function f${i}(x) { return f${i + 1}(x) }\n`)}function f1500(x) { return x } probe begin { println(f0("x")) exit() }`,
    /^ERROR: the script is nested too deeply/,
  ],
  [
    '1,000 aliases in a row',
    `${many(1000, (i) => `probe a${i} = a${i + 1} { x = 1 }\n`)}probe a1000 = begin { y = 1 } probe a0 { println(y) }`,
    /^semantic error: aliases nested too deeply/m,
  ],
  [
    'aliases that double thirty times',
    `${many(30, (i) => `probe a${i} = a${i + 1}, a${i + 1} { x = 1 }\n`)}probe a30 = begin { y = 1 } probe a0 { println(y) }`,
    /^semantic error: probes expand to more/m,
  ],
  [
    '5,000 groups',
    `probe begin { println("a" =~ "${'('.repeat(5000)}a${')'.repeat(5000)}") exit() }`,
    /^semantic error: regex compilation error .*too deeply/,
  ],
  [
    'repetitions of repetitions',
    `probe begin { println("a" =~ "${'(a{1,1000}){1,1000}'.repeat(10)}") exit() }`,
    /^semantic error: regex compilation error .*too large/,
  ],
];

let folder = '';
beforeAll(() => {
  folder = makeScratchFolder('hostile');
});
afterAll(() => removeScratchFolder(folder));

test.each(SCRIPTS)('%s', { timeout: TIME_LIMIT_MS * 2 }, async (name, text, expected) => {
  const file = join(folder, 'script.stp');
  writeFileSync(file, text, 'latin1');
  const result = await runCommand(stapPath, ['--procfs-root', join(folder, 'root'), file], {
    env: plainEnvironment({ NODE_OPTIONS: `--max-old-space-size=${MEMORY_LIMIT_MB}` }),
    timeoutMs: TIME_LIMIT_MS,
  });
  expect(result.timedOut, name).toBe(false);
  expect(result.stderr).not.toMatch(/^\s+at .*\.c?js/m);
  if (typeof expected === 'string') expect([result.status, result.stdout]).toEqual([0, expected]);
  else {
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(expected);
  }
});
