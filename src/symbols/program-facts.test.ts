import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiledProgram } from '../elf/testing/compiled-program.ts';
import type { ProgramSymbols } from '../probes/kernel-facts.ts';
import { programFacts } from './program-facts.ts';
import { libraryDirectories, libraryPath } from './program-libraries.ts';

let directory: string;
let program: string;

beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'stap-programs-')));
  program = compiledProgram(directory, '-fcf-protection=branch');
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function found(facts: ProgramSymbols | { readonly problem: string }): ProgramSymbols {
  if ('problem' in facts) throw new Error(facts.problem);
  return facts;
}

test('a program is found through $PATH, by the path behind its links', () => {
  symlinkSync(program, join(directory, 'store'));
  const programs = programFacts({ path: `/nowhere:${directory}` });
  expect(found(programs.program('store')).path).toBe(program);
  expect(programs.program('store')).toBe(programs.program(program));
  expect(programs.program('no-such-program')).toEqual({
    problem: "cannot find executable 'no-such-program'",
  });
});

test.each(['b la\nnk', 'caf\xe9', 'caf\xc3\xa9'])('a program may be called %j', (name) => {
  const path = `${directory}/${name}`;
  copyFileSync(program, Buffer.from(path, 'latin1'));
  const programs = programFacts({ path: directory });
  expect(found(programs.program(name)).path).toBe(path);
  expect(found(programs.program(path)).functions().length).toBeGreaterThan(0);
  expect(
    programs.matching(`${directory}/${name.slice(0, 3)}*${name.slice(-1)}`).map((one) => one.path),
  ).toContain(path);
});

test('functions and marks have the offsets to probe at', () => {
  const shop = found(programFacts({ path: directory }).program('shop'));
  const sell = shop.functions().find(({ name }) => name === 'sell');
  expect(sell?.entryOffset).toBe((sell?.offset ?? 0) + 4);
  const sold = shop.marks().find(({ name }) => name === 'sold');
  expect(sold).toMatchObject({ provider: 'shop', argumentText: '-4@%edi 8@$5' });
  expect(sold?.offset).toBeGreaterThan(sell?.offset ?? Infinity);
  expect(sold?.offset).toBeLessThan((sell?.offset ?? 0) + (sell?.size ?? 0));
  expect(sold?.semaphoreOffset).toBeGreaterThan(0);
  expect(shop.marks().find(({ name }) => name === 'given')).not.toHaveProperty('semaphoreOffset');
  expect(shop.buildId).toMatch(/^[0-9a-f]{40}$/);
});

test('libraries are found by the name that the program uses and by the short one', () => {
  const programs = programFacts({ path: directory });
  const shop = found(programs.program('shop'));
  const libc = found(programs.library('libc.so.6', shop));
  expect(shop.libraries()).toContain(libc.path);
  expect(shop.libraries()).not.toContain(shop.path);
  expect(programs.library('libc', shop)).toBe(libc);
  expect(libc.functions().some(({ name }) => name === 'malloc')).toBe(true);
  expect(programs.library('libnone', shop)).toEqual({
    problem: `'${program}' is not linked with a library 'libnone'`,
  });
});

test('libraries of the run path go before those of the machine', () => {
  const own = join(directory, 'lib');
  mkdirSync(own);
  writeFileSync(join(own, 'liba.so'), '');
  expect(libraryPath('liba.so', program, ['$ORIGIN/none', '${ORIGIN}/lib'], ['/usr/lib'])).toBe(
    join(own, 'liba.so'),
  );
  expect(libraryPath('liba.so', program, [], [own])).toBe(join(own, 'liba.so'));
  expect(libraryPath('liba.so', program, ['$ORIGINAL/lib'], [])).toBeUndefined();
});

test('directories of ld.so.conf are read with what it includes', () => {
  mkdirSync(join(directory, 'conf.d'));
  const configuration = join(directory, 'ld.so.conf');
  writeFileSync(configuration, 'include conf.d/*.conf\n/last # comment\n');
  writeFileSync(join(directory, 'conf.d', 'b.conf'), '/second\n');
  writeFileSync(join(directory, 'conf.d', 'a.conf'), `# first\n/first\ninclude ${configuration}\n`);
  writeFileSync(join(directory, 'conf.d', 'c.other'), '/never\n');
  const directories = libraryDirectories(configuration);
  expect(directories.slice(0, 3)).toEqual(['/first', '/second', '/last']);
  expect(directories).toContain('/usr/lib');
  expect(directories).not.toContain('/never');
  expect(libraryDirectories(join(directory, 'missing'))).not.toContain('/first');
});

test('the program of a process is told, and that it was deleted', () => {
  const copy = join(directory, 'sleeper');
  copyFileSync('/bin/sleep', copy);
  chmodSync(copy, 0o755);
  const child = spawn(copy, ['30'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  try {
    const programs = programFacts({ path: '' });
    expect(found(programs.programOf(pid)).path).toBe(copy);
    unlinkSync(copy);
    expect(programs.programOf(pid)).toEqual({
      problem: `the program of process ${pid} was deleted or replaced, or is not visible from here`,
    });
  } finally {
    child.kill('SIGKILL');
  }
  expect(programFacts({ path: '' }).programOf(2 ** 22 + 1)).toEqual({
    problem: `cannot probe pid ${2 ** 22 + 1}: No such process`,
  });
});

test('what is no sound ELF file is told in a sentence', () => {
  const script = join(directory, 'script');
  writeFileSync(script, '#!/bin/sh\n');
  const half = join(directory, 'half');
  copyFileSync(program, half);
  truncateSync(half, 1000);
  const programs = programFacts({ path: '' });
  expect(programs.program(script)).toEqual({ problem: `'${script}' is not an ELF file` });
  expect(programs.program(half)).toEqual({
    problem: `'${half}' is damaged: the table of sections is outside of the file`,
  });
  expect(programs.program(directory)).toEqual({ problem: `'${directory}' is not a regular file` });
  expect(programs.program('/no/such')).toEqual({
    problem: "cannot read '/no/such': No such file or directory",
  });
});

test('a file that was replaced is not read as the old one', () => {
  const copy = join(directory, 'replaced');
  copyFileSync(program, copy);
  const facts = found(programFacts({ path: '' }).program(copy));
  unlinkSync(copy);
  copyFileSync('/bin/sh', copy);
  expect(() => facts.functions()).toThrow('changed while it was read');
});

test('a path is taken byte by byte', () => {
  const copy = join(directory, 'läden');
  copyFileSync(program, copy);
  const bytes = Buffer.from(copy).toString('latin1');
  expect(found(programFacts({ path: '' }).program(bytes)).path).toBe(bytes);
});

test('programs by a pattern of their paths, and variables by name', () => {
  const tree = join(directory, 'tree');
  mkdirSync(join(tree, 'deep', 'er'), { recursive: true });
  mkdirSync(join(tree, '.hidden'));
  for (const place of ['shop-a', 'deep/shop-b', 'deep/er/shop-c', '.hidden/shop-d'])
    copyFileSync(program, join(tree, place));
  writeFileSync(join(tree, 'shop-text'), '');
  symlinkSync('shop-a', join(tree, 'shop-link'));
  const programs = programFacts({ path: '' });
  const matching = (pattern: string): readonly string[] =>
    programs.matching(join(tree, pattern)).map(({ path }) => path.slice(tree.length + 1));
  expect(matching('shop-*')).toEqual(['shop-a']);
  expect(matching('*/shop-?')).toEqual(['deep/shop-b']);
  expect(matching('**/shop-[bc]')).toEqual(['deep/shop-b', 'deep/er/shop-c']);
  expect(matching('none*/x')).toEqual([]);
  const [shop] = programs.matching(join(tree, 'shop-a'));
  expect(shop?.architecture).toBe('x86_64');
  expect(shop?.variableAddress('watchers')).toBeGreaterThan(0);
  expect(shop?.variableAddress('sell')).toBeUndefined();
});
