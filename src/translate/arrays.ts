import type { Expression, Index, Membership, Wildcard } from '../ast/expression.ts';
import type { VariableSymbol } from '../semantic/program.ts';
import type { BodyWriter } from './body-writer.ts';
import { arrayOf, lookupKey, plainKeys } from './element-address.ts';
import { histogramBucket } from './statistics.ts';

/** Value of an element, the default of its type when missing; count of a histogram's bucket. */
export function elementRead(writer: BodyWriter, index: Index): string {
  if (index.base.kind === 'histogram') return histogramBucket(writer, index.base, index);
  const { array, symbol } = arrayOf(writer, index.base);
  return `(${array}.get(${lookupKey(writer, plainKeys(index.keys))}) ?? ${defaultValue(symbol)})`;
}

/** Truthy when the element, or with wildcards a matching one, exists. */
export function membership(writer: BodyWriter, expression: Membership): string {
  const { array } = arrayOf(writer, expression.array);
  if (expression.keys.some((key) => key.kind === 'wildcard'))
    return `${array}.hasMatching(${keyPattern(writer, expression.keys)})`;
  return `${array}.has(${lookupKey(writer, plainKeys(expression.keys))})`;
}

/** A list of keys in which `*` is undefined. */
export function keyPattern(writer: BodyWriter, keys: readonly (Expression | Wildcard)[]): string {
  const items = keys.map((key) => (key.kind === 'wildcard' ? 'undefined' : writer.value(key)));
  return `[${items.join(', ')}]`;
}

/** 0 or the empty string. */
export function defaultValue(symbol: VariableSymbol): string {
  return symbol.type === 'string' ? '""' : '0';
}
