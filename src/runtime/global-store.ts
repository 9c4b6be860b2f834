import type { Int64 } from '../int64/int64.ts';
import { parseNegatedNumber, parseNumber } from '../int64/numeral.ts';
import type { CompiledGlobal, CompiledModule, ScalarType } from '../module/compiled-module.ts';
import { AssociativeArray, mapKeyN } from './associative-array.ts';
import type { AssociativeArrayOptions, MapKey } from './associative-array.ts';
import type { GlobalState, StatisticState } from './engine-state.ts';
import type { ScalarAccess, ScalarCell } from './generated-code.ts';
import { ScriptError } from './handler-context.ts';
import { histogramShapeProblem } from './histogram-buckets.ts';
import { PlainCell } from './kernel-cell.ts';
import type { KernelCell } from './kernel-cell.ts';
import type { KernelGlobals } from './kernel-globals.ts';
import type { ScriptArray } from './script-array.ts';
import type { ScriptStatistic } from './script-statistic.ts';
import { clipString } from './script-string.ts';
import { describeStatistic } from './statistic-description.ts';
import type { StatisticDescription } from './statistic-description.ts';
import { Statistic } from './statistic.ts';
import type { Value } from './value.ts';

/** One global variable with its present content, for tools that look into a running script. */
export interface GlobalView {
  readonly name: string;
  readonly definition: CompiledGlobal;
  /** A scalar's value; undefined for arrays. */
  readonly value?: Value | StatisticDescription;
  /** An array's elements in list order, or those that were asked for; undefined for scalars. */
  readonly elements?: readonly {
    readonly keys: readonly Value[];
    readonly value: Value | StatisticDescription;
  }[];
  /** Number of elements of an array. */
  readonly size?: number;
}

/** Which globals are wanted, and how much of them; by default everything. */
export interface GlobalSelection {
  readonly name?: string | undefined;
  /** Of each array, from the first on. */
  readonly maxElements?: number;
}

/** Why a global was not set or an element not looked up; `text` is a whole sentence without a full stop. */
export interface SetRefusal {
  readonly code: 'unknown-global' | 'bad-value';
  readonly text: string;
}

type StoredArray = ScriptArray<Value> | ScriptArray<ScriptStatistic>;

/** The global variables of a running module: scalars in the generated code, what the kernel shares there, the rest here. */
export class GlobalStore {
  readonly #module: CompiledModule;
  readonly #kernel: KernelGlobals | undefined;
  readonly #arrays: readonly (StoredArray | undefined)[];
  readonly #statistics: readonly (ScriptStatistic | undefined)[];
  /** Longs that live in the kernel, by index. */
  readonly #cells = new Map<number, KernelCell>();
  #scalars: readonly (ScalarAccess | undefined)[] = [];
  /** Values of the scalars before the first handler. */
  #initial: (Value | undefined)[] = [];

  /** `kernel`: those that live there. */
  constructor(module: CompiledModule, kernel?: KernelGlobals) {
    this.#module = module;
    this.#kernel = kernel;
    this.#arrays = module.globals.map((global, index) =>
      global.keyTypes.length > 0 ? this.#newArray(global, index) : undefined,
    );
    this.#statistics = module.globals.map((global, index) =>
      global.type === 'stats' && global.keyTypes.length === 0
        ? (kernel?.statistic(index, global) ?? new Statistic(global.histogram, global.varianceShift, false))
        : undefined,
    );
  }

  /** Connects the scalars of the code. */
  attachScalars(scalars: readonly (ScalarAccess | undefined)[]): void {
    this.#scalars = scalars;
    this.#initial = scalars.map((scalar, index) => this.#initial[index] ?? scalar?.get());
  }

  /** A scalar long of the code, which has its initial value after `initialize`. */
  cell(index: number, initial: Int64): ScalarCell {
    const cell = this.#kernel?.cell(index);
    if (cell === undefined) return new PlainCell(initial);
    this.#cells.set(index, cell);
    this.#initial[index] = initial;
    return cell;
  }

  /** Globals that live in the kernel get their initial values; before the first handler, unless another run goes on. */
  initialize(): void {
    for (const [index, cell] of this.#cells) {
      const initial = this.#initial[index];
      if (typeof initial === 'number' || typeof initial === 'bigint') cell.value = initial;
    }
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
  array(index: number): ScriptArray<never> {
    return required(this.#arrays[index]) as ScriptArray<never>;
  }

  /** A scalar statistic. */
  statistic(index: number): ScriptStatistic {
    return required(this.#statistics[index]);
  }

  /** A new, empty statistic as the elements of that array are. */
  newStatistic(index: number): Statistic {
    const { histogram, varianceShift } = required(this.#module.globals[index]);
    return new Statistic(histogram, varianceShift, true);
  }

  /** A function that returns the element of an array of statistics, created when missing. */
  statisticElement(index: number): (key: MapKey, keys: readonly Value[]) => ScriptStatistic {
    const array = required(this.#arrays[index]) as ScriptArray<ScriptStatistic>;
    const inKernel = this.#kernel?.statisticElement(index);
    if (inKernel !== undefined) return inKernel;
    return (key, keys) => {
      const existing = array.get(key);
      if (existing !== undefined) return existing;
      const created = this.newStatistic(index);
      array.set(key, keys, created);
      return created;
    };
  }

  /** The globals with their content, in module order. */
  views({ name, maxElements = Infinity }: GlobalSelection = {}): readonly GlobalView[] {
    return this.#module.globals.flatMap((definition, index) =>
      name === undefined || definition.name === name ? this.#view(definition, index, maxElements) : [],
    );
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
    // One in the kernel gets it from `initialize`: until then it may be another run's, which perhaps goes on.
    if (!this.#cells.has(index)) access.set(value);
    this.#initial[index] = value;
    return true;
  }

  /**
   * Sets a scalar from text as `assignText` does; with keys, given likewise, an element of an array. Names are those
   * of the script; a private global of a library goes by its mangled name.
   */
  setText(name: string, keys: readonly string[], text: string): 'set' | SetRefusal {
    const index = this.#indexOf(name);
    const global = this.#module.globals[index];
    if (global === undefined) return unknownGlobal(name);
    if (global.type === 'stats') return badValue(`'${name}' is a statistic, which cannot be set`);
    const values = this.#keysOf(global, keys);
    if ('code' in values) return values;
    const value = this.#valueOf(global.type, text);
    if (value === undefined) return badValue(`'${text}' is not a number, which '${name}' is`);
    return this.#set(index, values, value);
  }

  /** An array with the one element of these keys, given as for `setText`; without elements when it has none. */
  element(name: string, keys: readonly string[]): GlobalView | SetRefusal {
    const index = this.#indexOf(name);
    const definition = this.#module.globals[index];
    if (definition === undefined) return unknownGlobal(name);
    const values = this.#keysOf(definition, keys);
    if ('code' in values) return values;
    const array = this.#arrays[index];
    if (array === undefined) return this.#view(definition, index, 0);
    const found: Value | ScriptStatistic | undefined = array.get(mapKeyN(values));
    const elements = found === undefined ? [] : [{ keys: values, value: viewOf(found) }];
    return { name: definition.name, definition, elements, size: array.size };
  }

  /** All globals with everything they hold, in module order. */
  state(): readonly GlobalState[] {
    return this.#module.globals.map((global, index) => this.#stateOf(global, index));
  }

  /** Replaces everything a global holds; more elements than it has room for throw `ScriptError`. */
  restore(index: number, state: Pick<GlobalState, 'value' | 'elements'>): void {
    const { value, elements } = state;
    const array = this.#arrays[index] as ScriptArray<unknown> | undefined;
    if (array !== undefined) {
      array.clear();
      for (const element of elements ?? []) {
        array.set(mapKeyN(element.keys), element.keys, this.#restored(index, element.value));
      }
    } else if (isStatisticState(value)) this.#statistics[index]?.restore(value);
    else if (value !== undefined) this.#scalars[index]?.set(value);
  }

  /** Goes on with what another store held, all of it. The modules must be the same. */
  restoreAll(states: readonly GlobalState[]): void {
    for (const [index, state] of states.entries()) {
      if (this.#module.globals[index]?.mangledName !== state.mangledName)
        throw new RangeError(`the state of '${state.mangledName}' belongs to another module`);
      this.restore(index, state);
      this.#initial[index] = state.initial;
    }
  }

  /** The script's globals go back to what they were before the first handler; those of the library stay. */
  clear(): void {
    for (const [index, global] of this.#module.globals.entries()) {
      if (global.origin === 'library') continue;
      this.#arrays[index]?.clear();
      this.#statistics[index]?.clear();
      const initial = this.#initial[index];
      if (initial !== undefined) this.#scalars[index]?.set(initial);
    }
  }

  #indexOf(name: string): number {
    const { globals } = this.#module;
    const index = globals.findIndex((global) => global.name === name && !global.isPrivate);
    if (index >= 0) return index;
    return globals.findIndex(
      (global) => global.mangledName === name || (global.name === name && global.origin === 'script'),
    );
  }

  #keysOf(global: CompiledGlobal, texts: readonly string[]): readonly Value[] | SetRefusal {
    const { name, keyTypes } = global;
    if (texts.length !== keyTypes.length) return badValue(keyCountText(global, texts.length));
    const keys: Value[] = [];
    for (const [position, text] of texts.entries()) {
      const key = this.#valueOf(keyTypes[position] ?? 'string', text);
      if (key === undefined) return badValue(`The key '${text}' of '${name}' is not a number`);
      keys.push(key);
    }
    return keys;
  }

  #valueOf(type: ScalarType, text: string): Value | undefined {
    return type === 'long' ? parseLong(text) : clipString(text, this.#module.limits.MAXSTRINGLEN);
  }

  #set(index: number, keys: readonly Value[], value: Value): 'set' | SetRefusal {
    const array = this.#arrays[index] as ScriptArray<Value> | undefined;
    if (array === undefined) {
      this.#scalars[index]?.set(value);
      return 'set';
    }
    try {
      array.set(mapKeyN(keys), keys, value);
      return 'set';
    } catch (error) {
      if (error instanceof ScriptError) return badValue(error.message);
      throw error;
    }
  }

  #stateOf(global: CompiledGlobal, index: number): GlobalState {
    const { name, mangledName, type, keyTypes, origin, histogram, varianceShift } = global;
    const elements = this.#arrays[index]
      ?.elements()
      .map(({ keys, value }) => ({ keys, value: stateOf(value) }));
    const value = this.#statistics[index]?.state() ?? this.#scalars[index]?.get();
    const initial = this.#initial[index];
    return {
      ...{ name, mangledName, type, keyTypes, origin },
      ...(histogram !== undefined && { histogram }),
      ...(varianceShift !== undefined && { varianceShift }),
      ...(initial !== undefined && { initial }),
      ...(value !== undefined && { value }),
      ...(elements !== undefined && { elements }),
    };
  }

  #restored(index: number, state: Value | StatisticState): Value | ScriptStatistic {
    if (!isStatisticState(state)) return state;
    const statistic = this.newStatistic(index);
    statistic.restore(state);
    return statistic;
  }

  #newArray(global: CompiledGlobal, index: number): StoredArray {
    const options = {
      maxEntries: global.maxSize ?? this.#module.limits.MAXMAPENTRIES,
      sizeDeclared: global.maxSize !== undefined,
      wrap: global.wrap,
      ...(global.type === 'stats' && { overflowMessage: `aggregation overflow in ${global.mangledName}` }),
    };
    return this.#kernel?.array(index, global, options) ?? newOwnArray(global, options);
  }

  #view(definition: CompiledGlobal, index: number, maxElements: number): GlobalView {
    const { name } = definition;
    const array = this.#arrays[index];
    if (array !== undefined) {
      const first = array.firstElements(maxElements);
      const elements = first.map(({ keys, value }) => ({ keys, value: viewOf(value) }));
      return { name, definition, elements, size: array.size };
    }
    const value = this.#statistics[index] ?? this.#scalars[index]?.get();
    return value === undefined ? { name, definition } : { name, definition, value: viewOf(value) };
  }
}

function newOwnArray(global: CompiledGlobal, options: AssociativeArrayOptions): StoredArray {
  return global.type === 'stats'
    ? new AssociativeArray<ScriptStatistic>(options)
    : new AssociativeArray<Value>(options);
}

function viewOf(value: Value | ScriptStatistic): Value | StatisticDescription {
  return typeof value === 'object' ? describeStatistic(value) : value;
}

function stateOf(value: Value | ScriptStatistic): Value | StatisticState {
  return typeof value === 'object' ? value.state() : value;
}

function isStatisticState(value: Value | StatisticState | undefined): value is StatisticState {
  return typeof value === 'object';
}

function unknownGlobal(name: string): SetRefusal {
  return { code: 'unknown-global', text: `There is no global variable '${name}'` };
}

function badValue(text: string): SetRefusal {
  return { code: 'bad-value', text };
}

function keyCountText({ name, keyTypes }: CompiledGlobal, given: number): string {
  if (keyTypes.length === 0) return `'${name}' is no array, it takes no keys`;
  const needed = keyTypes.length === 1 ? 'one key' : `${keyTypes.length} keys`;
  return `'${name}' is an array with ${needed}, not ${given}`;
}

function parseLong(text: string): Value | undefined {
  const trimmed = text.trim();
  return trimmed.startsWith('-') ? parseNegatedNumber(trimmed.slice(1)) : parseNumber(trimmed);
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('no such global variable');
  return value;
}
