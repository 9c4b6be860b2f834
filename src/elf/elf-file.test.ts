import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dynamicFacts } from './dynamic.ts';
import { ElfError, bytesInMemory } from './elf-bytes.ts';
import { type ElfFile, fileOffsetOf, readElfFile } from './elf-file.ts';
import { entryOffset } from './function-entry.ts';
import { buildId } from './notes.ts';
import { stapNotes } from './stap-notes.ts';
import { functionSymbols } from './symbols.ts';
import { compiledProgram } from './testing/compiled-program.ts';

let directory: string;
let bytes: Uint8Array;
let elf: ElfFile;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stap-elf-'));
  bytes = new Uint8Array(
    readFileSync(compiledProgram(directory, '-fcf-protection=branch', '-Wl,-rpath,$ORIGIN/a:/b')),
  );
  elf = readElfFile(bytesInMemory(bytes));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** All that this directory reads from a file. */
function readAll(from: Uint8Array): unknown {
  const file = readElfFile(bytesInMemory(from));
  const functions = functionSymbols(file).map(({ offset }) => entryOffset(file, offset));
  return [functions, stapNotes(file), buildId(file), dynamicFacts(file)];
}

function failure(from: Uint8Array): unknown {
  try {
    readAll(from);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a compiled program', () => {
  test('its functions are at the instructions that the compiler wrote', () => {
    const functions = new Map(functionSymbols(elf).map((entry) => [entry.name, entry]));
    expect(functions.get('sell')?.isGlobal).toBe(true);
    expect(functions.get('give')?.isGlobal).toBe(false);
    const { offset, size } = functions.get('sell') ?? { offset: 0, size: 0 };
    expect([...bytes.subarray(offset, offset + 4)]).toEqual([0xf3, 0x0f, 0x1e, 0xfa]);
    expect(bytes[offset + size - 1]).toBe(0xc3);
    expect(entryOffset(elf, offset)).toBe(offset + 4);
    expect(entryOffset(elf, offset + 4)).toBe(offset + 4);
  });

  test('its marks have places, arguments and semaphores', () => {
    const marks = stapNotes(elf);
    expect(marks).toHaveLength(2);
    const sold = marks.find(({ name }) => name === 'sold');
    const given = marks.find(({ name }) => name === 'given');
    expect(sold).toMatchObject({ provider: 'shop', name: 'sold', argumentText: '-4@%edi 8@$5' });
    expect(given).toMatchObject({ provider: 'shop', name: 'given', argumentText: '' });
    expect(given?.semaphoreOffset).toBeUndefined();
    expect(bytes[sold?.offset ?? 0]).toBe(0x90);
    expect(bytes[given?.offset ?? 0]).toBe(0x90);
    const probes = elf.sections.find(({ name }) => name === '.probes');
    expect(sold?.semaphoreOffset).toBe(probes?.offset);
  });

  test('marks follow the base when the whole program was moved after it was linked', () => {
    const moved = {
      ...elf,
      segments: elf.segments.map((segment) => ({ ...segment, address: segment.address + 0x10000 })),
      sections: elf.sections.map((section) => ({ ...section, address: section.address + 0x10000 })),
    };
    const places = stapNotes(elf).map(({ offset, semaphoreOffset }) => [offset, semaphoreOffset]);
    expect(stapNotes(moved).map(({ offset, semaphoreOffset }) => [offset, semaphoreOffset])).toEqual(places);
  });

  test('it tells libraries, where to look for them, and its build id', () => {
    expect(dynamicFacts(elf).needed).toContain('libc.so.6');
    expect(dynamicFacts(elf).runPath).toEqual(['$ORIGIN/a', '/b']);
    expect(buildId(elf)).toMatch(/^[0-9a-f]{40}$/);
  });

  test('stripped it has the functions of .dynsym', () => {
    const stripped = readFileSync(compiledProgram(directory, '-s', '-rdynamic'));
    const names = functionSymbols(readElfFile(bytesInMemory(stripped))).map(({ name }) => name);
    expect(names).toContain('sell');
    expect(names).not.toContain('give');
  });

  test('an address that the file does not hold has no offset', () => {
    expect(fileOffsetOf(elf, 0x7fff_ffff_ffff)).toBeUndefined();
    expect(fileOffsetOf(elf, Infinity)).toBeUndefined();
  });
});

describe('damaged files', () => {
  test.each([
    ['nothing', new Uint8Array(), 'not-elf'],
    ['a script', new TextEncoder().encode(`#!/bin/sh\n${'#'.repeat(80)}`), 'not-elf'],
  ])('%s is no ELF file', (_, content, reason) => {
    expect(failure(content)).toMatchObject({ name: 'ElfError', reason });
  });

  test.each([
    ['32 bits', 4, 1],
    ['big endian', 5, 2],
  ])('%s is not supported', (_, at, value) => {
    const changed = bytes.slice();
    changed[at] = value;
    expect(failure(changed)).toMatchObject({ name: 'ElfError', reason: 'unsupported' });
  });

  test('every truncation that loses headers is told as damage', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: bytes.length - 1 }), (length) => {
        expect(failure(bytes.slice(0, length))).toMatchObject({ name: 'ElfError', reason: 'damaged' });
      }),
    );
  });

  test('random bytes behind a true header give an answer or an ElfError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 4096 }), (content) => {
        content.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
        expect([undefined, ElfError]).toContain((failure(content) as object | undefined)?.constructor);
      }),
    );
  });

  test('changed bytes give an answer or an ElfError', () => {
    const position = fc.oneof(
      fc.integer({ min: 0, max: 63 }),
      fc.integer({ min: 64, max: 64 + 13 * 56 }),
      fc.integer({ min: bytes.length - 64 * elf.sections.length, max: bytes.length - 1 }),
      fc.integer({ min: 0, max: bytes.length - 1 }),
    );
    const change = fc.tuple(position, fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const content = bytes.slice();
        for (const [at, value] of changes) content[at] = value;
        expect([undefined, ElfError]).toContain((failure(content) as object | undefined)?.constructor);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Output of readelf; undefined where it is not installed. */
function readelf(...words: readonly string[]): string | undefined {
  try {
    return execFileSync('readelf', words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  } catch {
    return undefined;
  }
}

/** Programs that many machines have; the compiled one is always among them. */
function programsHere(): string[] {
  const known = ['/usr/lib/postgresql/15/bin/postgres', '/usr/lib/x86_64-linux-gnu/libc.so.6', '/bin/ls'];
  return [join(directory, 'shop'), ...known];
}

test('what readelf tells of programs of this machine is found', () => {
  for (const path of programsHere()) {
    const notes = readelf('-nW', path);
    const symbols = readelf('-sW', path);
    if (notes === undefined || symbols === undefined) continue;
    const file = readElfFile(bytesInMemory(readFileSync(path)));
    const marks = [...notes.matchAll(/Provider: (.*)\n\s+Name: (.*)\n.*\n\s+Arguments: ?(.*)/g)];
    expect(stapNotes(file).map((mark) => [mark.provider, mark.name, mark.argumentText])).toEqual(
      marks.map((mark) => mark.slice(1)),
    );
    expect(buildId(file)).toBe(/Build ID: (\w+)/.exec(notes)?.[1]);
    const table = /'\.symtab'[^]*/.exec(symbols)?.[0] ?? symbols;
    const listed = [...table.matchAll(/: 0*([0-9a-f]+) +\d+ FUNC +\w+ +\w+ +\d+ ([^@\s]+)/g)];
    const expected = new Set(listed.map((match) => `${match[2] ?? ''} ${match[1] ?? ''}`));
    const found = functionSymbols(file).map(({ name, address }) => `${name} ${address.toString(16)}`);
    expect(new Set(found)).toEqual(expected);
  }
});
