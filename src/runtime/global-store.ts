import { parseNegatedNumber, parseNumber } from '../int64/numeral.ts';
import type { CompiledGlobal, CompiledModule } from '../module/compiled-module.ts';
import { AssociativeArray, mapKeyN } from './associative-array.ts';
import type { MapKey } from './associative-array.ts';
import type { ScalarAccess } from './generated-code.ts';
import { histogramShapeProblem } from './histogram-buckets.ts';
import { clipString } from './script-string.ts';
import { Statistic } from './statistic.ts';
import type { Value } from './value.ts';

/** What a statistic holds, for tools. Undefined extractors mean it is empty. */
export interface StatisticSummary {
  readonly count: number;
  readonly sum?: Value;
  readonly min?: Value;
  readonly max?: Value;
  readonly avg?: Value;
}

/** One global variable with its present content, for tools that look into a running script. */
export interface GlobalView {
  readonly name: string;
  readonly definition: CompiledGlobal;
  /** A scalar's value; undefined for arrays. */
  readonly value?: Value | StatisticSummary;
  /** An array's elements in list order; undefined for scalars. */
  readonly elements?: readonly {
    readonly keys: readonly Value[];
    readonly value: Value | StatisticSummary;
  }[];
}

type StoredArray = AssociativeArray<Value> | AssociativeArray<Statistic>;

/** The global variables of a running module. Scalars live in the generated code, the rest here. */
export class GlobalStore {
  readonly #module: CompiledModule;
  readonly #arrays: readonly (StoredArray | undefined)[];
  readonly #statistics: readonly (Statistic | undefined)[];
  #scalars: readonly (ScalarAccess | undefined)[] = [];

  constructor(module: CompiledModule) {
    this.#module = module;
    this.#arrays = module.globals.map((global) =>
      global.keyTypes.length > 0 ? this.#newArray(global) : undefined,
    );
    this.#statistics = module.globals.map((global) =>
      global.type === 'stats' && global.keyTypes.length === 0
        ? new Statistic(global.histogram, global.varianceShift, false)
        : undefined,
    );
  }

  /** Connects the scalars of the code. */
  attachScalars(scalars: readonly (ScalarAccess | undefined)[]): void {
    this.#scalars = scalars;
  }

  /**
   * What keeps the globals from being set up: the warning to print and the name to blame. Undefined when
   * all is well.
   */
  allocationProblem(): { readonly warning: string; readonly mangledName: string } | undefined {
    for (const global of this.#module.globals) {
      const warning = global.histogram && histogramShapeProblem(global.histogram);
      if (warning !== undefined) return { warning, mangledName: global.mangledName };
    }
    return undefined;
  }

  /** An array; the code knows the type of its elements. */
  array(index: number): AssociativeArray<never> {
    return required(this.#arrays[index]) as AssociativeArray<never>;
  }

  /** A scalar statistic. */
  statistic(index: number): Statistic {
    return required(this.#statistics[index]);
  }

  /** A new, empty statistic as the elements of that array are. */
  newStatistic(index: number): Statistic {
    const { histogram, varianceShift } = required(this.#module.globals[index]);
    return new Statistic(histogram, varianceShift, true);
  }

  /** A function that returns the element of an array of statistics, created when missing. */
  statisticElement(index: number): (key: MapKey, keys: readonly Value[]) => Statistic {
    const array = required(this.#arrays[index]) as AssociativeArray<Statistic>;
    return (key, keys) => {
      const existing = array.get(key);
      if (existing !== undefined) return existing;
      const created = this.newStatistic(index);
      array.set(key, keys, created);
      return created;
    };
  }

  /** All globals with their content, in module order. */
  views(): readonly GlobalView[] {
    return this.#module.globals.map((definition, index) => this.#view(definition, index));
  }

  /**
   * Sets a scalar from text, as `-G NAME=VALUE` does: decimal, octal or hexadecimal for a long, any text for a
   * string. False when there is no such scalar or the text does not fit.
   */
  assignText(name: string, text: string): boolean {
    const index = this.#module.globals.findIndex((global) => global.name === name && !global.isPrivate);
    const access = this.#scalars[index];
    const type = this.#module.globals[index]?.type;
    if (access === undefined || type === undefined || type === 'stats') return false;
    const value = type === 'long' ? parseLong(text) : clipString(text, this.#module.limits.MAXSTRINGLEN);
    if (value === undefined) return false;
    access.set(value);
    return true;
  }

  /** Sets a scalar; with keys, an element of an array of longs or strings. False when it does not fit. */
  assign(name: string, keys: readonly Value[], value: Value): boolean {
    const index = this.#module.globals.findIndex((global) => global.name === name);
    const global = this.#module.globals[index];
    if (global === undefined || global.type !== typeOf(value)) return false;
    if (keys.length !== global.keyTypes.length) return false;
    if (!keys.every((key, position) => typeOf(key) === global.keyTypes[position])) return false;
    if (keys.length === 0) this.#scalars[index]?.set(value);
    else (this.#arrays[index] as AssociativeArray<Value>).set(mapKeyN(keys), keys, value);
    return true;
  }

  #newArray(global: CompiledGlobal): StoredArray {
    const options = {
      maxEntries: global.maxSize ?? this.#module.limits.MAXMAPENTRIES,
      sizeDeclared: global.maxSize !== undefined,
      wrap: global.wrap,
    };
    if (global.type !== 'stats') return new AssociativeArray<Value>(options);
    const overflowMessage = `aggregation overflow in ${global.mangledName}`;
    return new AssociativeArray<Statistic>({ ...options, overflowMessage });
  }

  #view(definition: CompiledGlobal, index: number): GlobalView {
    const { name } = definition;
    const array = this.#arrays[index];
    if (array !== undefined) {
      const elements = array.elements().map(({ keys, value }) => ({ keys, value: viewOf(value) }));
      return { name, definition, elements };
    }
    const value = this.#statistics[index] ?? this.#scalars[index]?.get();
    return value === undefined ? { name, definition } : { name, definition, value: viewOf(value) };
  }
}

function viewOf(value: Value | Statistic): Value | StatisticSummary {
  if (!(value instanceof Statistic)) return value;
  const { count } = value;
  if (count === 0) return { count };
  return { count, sum: value.sum(), min: value.min(), max: value.max(), avg: value.avg() };
}

function typeOf(value: Value): 'long' | 'string' {
  return typeof value === 'string' ? 'string' : 'long';
}

function parseLong(text: string): Value | undefined {
  const trimmed = text.trim();
  return trimmed.startsWith('-') ? parseNegatedNumber(trimmed.slice(1)) : parseNumber(trimmed);
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('no such global variable');
  return value;
}
