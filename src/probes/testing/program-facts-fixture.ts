import type { FunctionSymbolFacts, MarkFacts, ProgramFacts, ProgramSymbols } from '../kernel-facts.ts';

function mark(name: string, offset: number, argumentText: string, more: Partial<MarkFacts> = {}): MarkFacts {
  return { provider: 'shop', name, offset, loadBias: 0x1000, argumentText, ...more };
}

function functionAt(name: string, offset: number, isGlobal = true): FunctionSymbolFacts {
  return { name, offset, entryOffset: offset + 4, size: 16, isGlobal };
}

function program(
  path: string,
  functions: readonly FunctionSymbolFacts[],
  marks: readonly MarkFacts[],
  libraries: readonly string[] = [],
): ProgramSymbols {
  return {
    path,
    buildId: path === '/usr/bin/shop' ? '0123abcd' : undefined,
    architecture: 'x86_64',
    functions: () => functions,
    marks: () => marks,
    offsetOfAddress: (address) => (address >= 0x1000 && address < 0x2000 ? address - 0x1000 : undefined),
    variableAddress: (name) => (name === 'stock' ? 0x5000 : undefined),
    libraries: () => libraries,
  };
}

const PROGRAMS: readonly ProgramSymbols[] = [
  program(
    '/usr/bin/shop',
    [functionAt('sell', 0x100), functionAt('give', 0x140, false), functionAt('main', 0x180)],
    [
      mark('sold', 0x110, '-4@%edi 8@$5 8@stock(%rip) 8f@%xmm0', { semaphoreOffset: 0x3000 }),
      mark('sold', 0x190, '-4@-20(%rbp) 8@$6 8@other(%rip) 8f@%xmm1', { semaphoreOffset: 0x3000 }),
      mark('given__away', 0x150, ''),
      mark('opened', 0x185, '8@%rdi', { provider: 'door' }),
    ],
    ['/usr/lib/libtill.so.1', '/usr/lib/libc.so.6'],
  ),
  program('/usr/bin/stall', [functionAt('main', 0x80)], [mark('sold', 0x90, '')]),
  program('/usr/lib/libtill.so.1', [functionAt('till_open', 0x40)], [mark('ring', 0x44, '4@%eax')]),
  program('/usr/lib/libc.so.6', [functionAt('__libc_malloc', 0x200), functionAt('malloc', 0x200)], []),
];

/** `/usr/bin/shop` with two libraries, `/usr/bin/stall`, and process 7, which runs the shop. */
export function programFactsFixture(): ProgramFacts {
  const find = (path: string): ProgramSymbols | { readonly problem: string } =>
    PROGRAMS.find((candidate) => candidate.path === path || candidate.path === `/usr/bin/${path}`) ?? {
      problem: `cannot find executable '${path}'`,
    };
  return {
    program: find,
    matching: (pattern) =>
      pattern === '/usr/bin/s*' ? PROGRAMS.filter(({ path }) => path.startsWith('/usr/bin/')) : [],
    library: (name, of) => {
      const path = of.libraries().find((library) => library === name || library.endsWith(`/${name}`));
      return path === undefined ? { problem: `no library '${name}'` } : find(path);
    },
    programOf: (pid) => (pid === 7 ? find('shop') : { problem: `cannot probe pid ${pid}: No such process` }),
  };
}
