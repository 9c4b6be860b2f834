import { expect, test } from 'vitest';
import type { CompiledGlobal, CompiledModule, CompiledProbe } from '../../module/compiled-module.ts';
import type { ProbeView } from '../../runtime/probe-record.ts';
import { describeFiles, describeGlobal } from './describe-module.ts';

const GLOBAL: CompiledGlobal = {
  name: 'g',
  mangledName: '__global_g',
  type: 'long',
  keyTypes: [],
  wrap: false,
  isPrivate: false,
  origin: 'script',
};

function moduleOf(...accesses: readonly (readonly ['read' | 'write', string])[]): CompiledModule {
  const probes = accesses.map(
    ([access, path]) => ({ event: { family: 'procfs', access, path } }) as CompiledProbe,
  );
  return { probes } as unknown as CompiledModule;
}

function views(...hits: readonly number[]): readonly ProbeView[] {
  return hits.map((count, index) => ({ index, pp: '', location: '', on: true, hits: count }));
}

test('a file counts its reads, and its writes once for several handlers', () => {
  const module = moduleOf(['read', 'a'], ['write', 'a'], ['write', 'a'], ['read', 'b/c']);
  const files = [
    { path: 'a', mode: 0o600 },
    { path: 'b/c', mode: 0o400 },
    { path: 'monitor_status', mode: 0o400 },
  ];
  expect(describeFiles(module, files, views(4, 2, 2, 9))).toEqual([
    { path: 'a', mode: 0o600, reads: 4, writes: 2 },
    { path: 'b/c', mode: 0o400, reads: 9, writes: 0 },
  ]);
});

test('a global is told with what the script says about it', () => {
  expect(describeGlobal({ name: 'g', definition: GLOBAL, value: 5 })).toEqual({
    ...{ name: 'g', type: 'long', keyTypes: [], value: 5 },
  });
  const definition: CompiledGlobal = {
    ...GLOBAL,
    ...{
      keyTypes: ['string'],
      keyNames: ['execname'],
      documentation: 'Text.',
      onlyGrows: true,
      isPrivate: true,
    },
  };
  expect(describeGlobal({ name: 'g', definition, elements: [{ keys: ['a'], value: 1 }], size: 7 })).toEqual({
    ...{ name: 'g', type: 'long', keyTypes: ['string'], keyNames: ['execname'], documentation: 'Text.' },
    ...{ onlyGrows: true, hidden: true, elements: [{ keys: ['a'], value: 1 }], size: 7 },
  });
});
