import type { HistogramShape } from '../../module/histogram-shape.ts';
import { STATISTIC, type KernelGlobal, type KernelMap } from '../../module/kernel-part.ts';
import type { Limits } from '../../module/limits.ts';
import { bucketCount } from '../../runtime/histogram-buckets.ts';
import type { CheckedProgram, VariableSymbol } from '../../semantic/program.ts';
import type { StringExpression } from '../ir.ts';
import type { GlobalUse, KernelTables } from './lower/global-table.ts';

/** Order of creation, before the value of an element. */
const SEQUENCE_BYTES = 8;
const LONG_BYTES = 8;
/** Bytes of a name with its NUL. */
const NAME_BYTES = 16;
const LARGEST_ARRAY = 2 ** 24;
const MAP_NAME_LENGTH = 15;

/** Most bytes of the keys of an element side by side; they are put together in the scratch. */
export const MOST_KEY_BYTES = 4096;

/** Globals in the kernel with their maps. */
export interface GlobalMaps {
  readonly globals: readonly KernelGlobal[];
  /** To be added behind the well-known maps, of which there are `first`. */
  readonly maps: readonly KernelMap[];
  /** By index among `globals`. */
  readonly histograms: Readonly<Record<number, HistogramShape>>;
}

/** Lays out the globals of the tables. `writtenByScript`: JavaScript handlers too may make elements of these. */
export function layOutGlobals(
  program: CheckedProgram,
  tables: KernelTables,
  limits: Limits,
  writtenByScript: ReadonlySet<VariableSymbol>,
  first: number,
): GlobalMaps {
  const globals: KernelGlobal[] = [];
  const maps: KernelMap[] = [];
  const histograms: Record<number, HistogramShape> = {};
  for (const symbol of tables.globals.keys()) {
    const global = program.globals.indexOf(symbol);
    if (symbol.histogram !== undefined) histograms[globals.length] = symbol.histogram;
    const offset = tables.cells.get(symbol);
    if (offset !== undefined) {
      globals.push({ kind: 'cell', global, offset });
      continue;
    }
    const map = first + maps.length;
    const { type } = symbol;
    const value = type === 'stats' ? 'statistic' : type === 'string' ? 'string' : 'long';
    const name = symbol.name.replace(/\W/g, '_').slice(0, MAP_NAME_LENGTH);
    if ((symbol.arity ?? 0) === 0) {
      globals.push({ kind: 'statistic', global, map });
      const valueBytes = statisticBytes(symbol);
      maps.push({ name, type: 'per-cpu-array', keyBytes: 4, valueBytes, maxEntries: 1, mapped: false });
      continue;
    }
    const keyBytes = keyWidths(symbol, tables.uses, limits, writtenByScript.has(symbol));
    globals.push({ kind: 'array', global, map, keyBytes, value });
    maps.push({
      name,
      type: value === 'statistic' ? 'per-cpu-hash' : 'hash',
      keyBytes: keyBytes.reduce((sum, bytes) => sum + bytes, 0),
      valueBytes: SEQUENCE_BYTES + valueWidth(symbol, limits),
      maxEntries: arraySize(symbol, limits),
      mapped: false,
    });
  }
  return { globals, maps, histograms };
}

/** Bytes of each key: as many as the texts can have that are used as keys. */
export function keyWidths(
  symbol: VariableSymbol,
  uses: readonly GlobalUse[],
  { MAXSTRINGLEN }: Limits,
  anyText: boolean,
): readonly number[] {
  return symbol.keyTypes.map((type, position) => {
    if (type !== 'string') return LONG_BYTES;
    const texts = uses.flatMap((use) => {
      const key = use.symbol === symbol ? use.keys[position] : undefined;
      return key?.type === 'string' ? [key.value] : [];
    });
    const widths = texts.map((text) => textBytes(text, MAXSTRINGLEN));
    const most = anyText || widths.length === 0 ? MAXSTRINGLEN : Math.max(...widths);
    return Math.ceil(most / 8) * 8;
  });
}

/** Most bytes of a text with its NUL. */
function textBytes(text: StringExpression, most: number): number {
  switch (text.kind) {
    case 'literal':
      return text.text.length + 1;
    case 'execname':
      return NAME_BYTES;
    case 'read-string':
      return Math.min(text.size, most);
    case 'string-conditional':
      return Math.max(textBytes(text.consequent, most), textBytes(text.alternate, most));
    case 'local-string':
    case 'string-element':
      return most;
  }
}

function valueWidth(symbol: VariableSymbol, { MAXSTRINGLEN }: Limits): number {
  if (symbol.type === 'stats') return statisticBytes(symbol);
  return symbol.type === 'string' ? Math.ceil(MAXSTRINGLEN / 8) * 8 : LONG_BYTES;
}

function statisticBytes({ histogram }: VariableSymbol): number {
  return STATISTIC.buckets + (histogram === undefined ? 0 : bucketCount(histogram)) * 8;
}

function arraySize({ declaration }: VariableSymbol, { MAXMAPENTRIES }: Limits): number {
  const declared = declaration?.maxSize;
  return Math.min(Math.max(Number(declared ?? MAXMAPENTRIES), 1), LARGEST_ARRAY);
}
