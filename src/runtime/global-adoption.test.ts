import { describe, expect, it } from 'vitest';
import type { CompiledGlobal, ScalarType } from '../module/compiled-module.ts';
import { adoptGlobals } from './global-adoption.ts';
import type { GlobalAdoption } from './global-adoption.ts';
import { GlobalStore } from './global-store.ts';
import type { GlobalView } from './global-store.ts';
import { handWrittenModule } from './testing/hand-written-module.ts';
import type { Value } from './value.ts';

type Extras = Partial<CompiledGlobal>;

function globalOf(
  name: string,
  type: CompiledGlobal['type'],
  keyTypes: ScalarType[],
  extras: Extras = {},
): CompiledGlobal {
  const mangledName = `__global_${name}`;
  return { name, mangledName, type, keyTypes, wrap: false, isPrivate: false, origin: 'script', ...extras };
}

function storeOf(globals: readonly CompiledGlobal[], defines: readonly string[] = []): GlobalStore {
  const store = new GlobalStore(handWrittenModule([], { globals, defines }));
  const cells: Value[] = globals.map(({ type }) => (type === 'string' ? '' : 0));
  store.attachScalars(
    globals.map(({ type, keyTypes }, index) =>
      type === 'stats' || keyTypes.length > 0
        ? undefined
        : { get: () => cells[index] ?? 0, set: (value) => void (cells[index] = value) },
    ),
  );
  return store;
}

function adopt(
  old: GlobalStore,
  globals: readonly CompiledGlobal[],
  defines: readonly string[] = [],
): { readonly adoption: GlobalAdoption; readonly views: readonly GlobalView[] } {
  const store = storeOf(globals, defines);
  const module = handWrittenModule([], { globals, defines });
  return { adoption: adoptGlobals(store, module, old.state()), views: store.views() };
}

describe('globals of a script that takes the place of another', () => {
  it('are kept by name and types, and what is gone is named', () => {
    const old = storeOf([
      globalOf('same', 'long', []),
      globalOf('other', 'long', []),
      globalOf('keyed', 'long', ['long']),
      globalOf('gone', 'string', []),
    ]);
    old.setText('same', [], '12');
    const { adoption, views } = adopt(old, [
      globalOf('new', 'long', []),
      globalOf('keyed', 'long', ['string']),
      globalOf('other', 'string', []),
      globalOf('same', 'long', []),
    ]);
    expect(adoption).toEqual({
      kept: ['same'],
      dropped: [
        { name: 'keyed', reason: 'it was a number by long and is a number by string now' },
        { name: 'other', reason: 'it was a number and is a string now' },
        { name: 'gone', reason: 'the new script has no such global variable' },
      ],
    });
    expect(views[3]?.value).toBe(12);
  });

  it('are matched by file and name first when private', () => {
    const ofFile = (file: string): CompiledGlobal =>
      globalOf('x', 'long', [], { isPrivate: true, mangledName: `__private_${file}_x` });
    const old = storeOf([ofFile('a')]);
    old.setText('x', [], '3');
    expect(adopt(old, [ofFile('b')]).views[0]?.value).toBe(3);
    expect(adopt(old, [ofFile('b'), ofFile('a')]).views.map(({ value }) => value)).toEqual([0, 3]);
  });

  it('of the library keep what the new begin probes made', () => {
    const argc = globalOf('argc', 'long', [], { origin: 'library' });
    const old = storeOf([argc]);
    old.setText('argc', [], '3');
    const { adoption, views } = adopt(old, [argc]);
    expect(adoption).toEqual({ kept: [], dropped: [] });
    expect(views[0]?.value).toBe(0);
  });

  it('fit into a smaller MAXSTRINGLEN and a smaller array', () => {
    const old = storeOf([globalOf('s', 'string', []), globalOf('a', 'string', ['string'])]);
    old.setText('s', [], 'abcdefgh');
    for (const key of ['abc1', 'b', 'abc2']) old.setText('a', [key], `value ${key}`);
    const cut = adopt(
      old,
      [globalOf('s', 'string', []), globalOf('a', 'string', ['string'])],
      ['MAXSTRINGLEN=4'],
    );
    expect(cut.views[0]?.value).toBe('abc');
    expect(cut.views[1]?.elements).toEqual([
      { keys: ['abc'], value: 'val' },
      { keys: ['b'], value: 'val' },
    ]);
    const wrapping = adopt(old, [globalOf('a', 'string', ['string'], { maxSize: 2, wrap: true })]);
    expect(wrapping.views[0]?.elements?.map(({ keys }) => keys[0])).toEqual(['b', 'abc2']);
    const full = adopt(old, [globalOf('a', 'string', ['string'], { maxSize: 2 })]);
    expect(full.adoption.dropped[0]).toEqual({
      name: 'a',
      reason: 'it holds 3 elements and has room for 2 now',
    });
    expect(full.views[0]?.elements).toEqual([]);
  });

  it('that are statistics are kept when everything asked for was counted', () => {
    const log = { histogram: { kind: 'log' } } as const;
    const linear = { histogram: { kind: 'linear', low: 0, high: 10, width: 1 } } as const;
    const statistic = (extras: Extras = {}): CompiledGlobal[] => [globalOf('q', 'stats', [], extras)];
    const counted = (extras: Extras): GlobalStore => {
      const store = storeOf(statistic(extras));
      store.statistic(0).add(5);
      return store;
    };
    const kept = (old: GlobalStore, extras: Extras): boolean =>
      adopt(old, statistic(extras)).adoption.kept.length === 1;
    expect(kept(counted(log), log)).toBe(true);
    expect(kept(counted(linear), linear)).toBe(true);
    expect(kept(counted(log), {})).toBe(true);
    expect(kept(counted(log), linear)).toBe(false);
    expect(kept(counted(linear), { histogram: { ...linear.histogram, width: 2 } })).toBe(false);
    expect(kept(counted({}), log)).toBe(false);
    expect(kept(storeOf(statistic()), log)).toBe(true);
    expect(kept(counted({ varianceShift: 2 }), { varianceShift: 2 })).toBe(true);
    expect(kept(counted({ varianceShift: 2 }), {})).toBe(true);
    expect(kept(counted({}), { varianceShift: 2 })).toBe(false);
  });
});
