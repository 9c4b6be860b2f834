import type { CompiledGlobal, CompiledModule } from '../module/compiled-module.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { GlobalState, StatisticState } from './engine-state.ts';
import type { GlobalStore } from './global-store.ts';
import { clipString } from './script-string.ts';
import type { Value } from './value.ts';

/** What became of the globals of a script whose place another one took. Names as in the scripts. */
export interface GlobalAdoption {
  /** They go on with what the old script left. */
  readonly kept: readonly string[];
  /** They start anew, or are gone; `reason` is a phrase without a full stop. */
  readonly dropped: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Lets the globals of a new script take over what those of an old one hold: same name, type and types of keys. Strings
 * are cut to the new MAXSTRINGLEN, and where that makes two keys equal the later element counts. An array takes all
 * elements or none, except that one declared with `%` keeps the newest. A statistic is taken over when the old
 * script kept everything the new one asks for: the same histogram, the variance with the same shift; an empty one always.
 * Private globals are matched by file and name, then by name alone. Globals of the library are left out: they keep what the
 * new begin probes made.
 */
export function adoptGlobals(
  store: GlobalStore,
  module: CompiledModule,
  previous: readonly GlobalState[],
): GlobalAdoption {
  const kept: string[] = [];
  const dropped: { name: string; reason: string }[] = [];
  const left = new Set(previous.filter(({ origin }) => origin === 'script'));
  for (const [index, old] of pairs(module, left)) {
    left.delete(old);
    const global = module.globals[index];
    const fitted = global === undefined ? 'it is gone' : fit(global, module, old);
    if (typeof fitted === 'string') {
      dropped.push({ name: old.name, reason: fitted });
      continue;
    }
    store.restore(index, fitted);
    kept.push(old.name);
  }
  for (const { name } of left) dropped.push({ name, reason: 'the new script has no such global variable' });
  return { kept, dropped };
}

/** Which old global each new one stands for, in the order of the new module. */
function pairs(
  module: CompiledModule,
  old: ReadonlySet<GlobalState>,
): readonly (readonly [number, GlobalState])[] {
  const free = new Set(old);
  const found = new Map<number, GlobalState>();
  for (const key of ['mangledName', 'name'] as const) {
    for (const [index, global] of module.globals.entries()) {
      if (global.origin !== 'script' || found.has(index)) continue;
      const match = [...free].find((state) => state[key] === global[key]);
      if (match === undefined) continue;
      free.delete(match);
      found.set(index, match);
    }
  }
  return [...found].sort(([left], [right]) => left - right);
}

type Content = Pick<GlobalState, 'value' | 'elements'>;

/** The old content as the new global takes it, or why it cannot. */
function fit(global: CompiledGlobal, module: CompiledModule, old: GlobalState): Content | string {
  if (old.keyTypes.join() !== global.keyTypes.join()) {
    return `it was ${kindOf(old)} and is ${kindOf(global)} now`;
  }
  if (old.type !== global.type) return `it was ${kindOf(old)} and is ${kindOf(global)} now`;
  const statisticProblem = old.type === 'stats' ? lacking(global, old) : undefined;
  if (statisticProblem !== undefined) return statisticProblem;
  const clipped = <V extends Value | StatisticState>(value: V): V | string =>
    typeof value === 'string' ? clipString(value, module.limits.MAXSTRINGLEN) : value;
  if (old.elements === undefined) return old.value === undefined ? {} : { value: clipped(old.value) };
  const room = global.maxSize ?? module.limits.MAXMAPENTRIES;
  const surplus = old.elements.length - room;
  if (surplus > 0 && !global.wrap)
    return `it holds ${old.elements.length} elements and has room for ${room} now`;
  const elements = old.elements
    .slice(Math.max(0, surplus))
    .map(({ keys, value }) => ({ keys: keys.map(clipped), value: clipped(value) }));
  return { elements };
}

/** What the new statistic needs and the old one did not keep. */
function lacking(global: CompiledGlobal, old: GlobalState): string | undefined {
  const values = old.elements?.map(({ value }) => value) ?? [old.value];
  if (values.every((value) => typeof value !== 'object' || value.count === 0)) return undefined;
  if (global.histogram !== undefined && !isSameShape(global.histogram, old.histogram))
    return 'it was counted without the histogram that is asked for now';
  if (global.varianceShift !== undefined && global.varianceShift !== old.varianceShift)
    return 'it was counted without the variance that is asked for now';
  return undefined;
}

function isSameShape(one: HistogramShape, other: HistogramShape | undefined): boolean {
  if (one.kind === 'log' || other?.kind !== 'linear') return one.kind === other?.kind;
  return one.low === other.low && one.high === other.high && one.width === other.width;
}

function kindOf({ type, keyTypes }: Pick<GlobalState, 'type' | 'keyTypes'>): string {
  const kind = { long: 'a number', string: 'a string', stats: 'a statistic' }[type];
  return keyTypes.length === 0 ? kind : `${kind} by ${keyTypes.join(', ')}`;
}
