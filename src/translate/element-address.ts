import type { Expression, Index, Variable, Wildcard } from '../ast/expression.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { VariableSymbol } from '../semantic/program.ts';
import type { BodyWriter } from './body-writer.ts';
import { isLeaf, mayAssign } from './leaf.ts';

/** How an element is addressed: the look-up key and the list of keys, JavaScript of both. */
export interface ElementAddress {
  readonly array: string;
  readonly symbol: VariableSymbol;
  /** Assignments to temporaries that come before `key` and `keys` are used; ends with `, ` unless empty. */
  readonly setup: string;
  readonly key: string;
  readonly keys: string;
}

/** The symbol of a variable that is indexed, and its JavaScript name. */
export function arrayOf(writer: BodyWriter, base: Variable): { array: string; symbol: VariableSymbol } {
  const symbol = writer.scope.bindings.variable(base);
  return { array: writer.variable(symbol), symbol };
}

/** Look-up key for code that uses it once, before anything else runs. */
export function lookupKey(writer: BodyWriter, keys: readonly Expression[]): string {
  return joinKeys(
    writer,
    keys.map((key) => writer.value(key)),
  );
}

/**
 * Address for code that uses the key several times or after other code. `stable`: nothing that runs before
 * the last use assigns a variable, so bare names need no temporary.
 */
export function elementAddress(writer: BodyWriter, index: Index, stable: boolean): ElementAddress {
  if (index.base.kind !== 'variable') throw new BugError('a histogram bucket is assigned');
  const { array, symbol } = arrayOf(writer, index.base);
  const setup: string[] = [];
  const keep = (code: string): string => {
    const name = writer.temporary();
    setup.push(`${name} = ${code}, `);
    return name;
  };
  const keyExpressions = plainKeys(index.keys);
  const readsLate = stable && !keyExpressions.some(mayAssign);
  const names = keyExpressions.map((key) => {
    const code = writer.value(key);
    return isConstant(key) || (readsLate && key.kind === 'variable') ? code : keep(code);
  });
  const key = names.length === 1 ? (names[0] ?? '') : keep(joinKeys(writer, names));
  return { array, symbol, setup: setup.join(''), key, keys: `[${names.join(', ')}]` };
}

/** The keys of an index in which pass 2 has refused wildcards. */
export function plainKeys(keys: readonly (Expression | Wildcard)[]): readonly Expression[] {
  return keys.filter((key): key is Expression => key.kind !== 'wildcard');
}

function isConstant(key: Expression): boolean {
  return isLeaf(key) && key.kind !== 'variable';
}

function joinKeys(writer: BodyWriter, names: readonly string[]): string {
  const [first] = names;
  if (names.length === 1 && first !== undefined) return first;
  if (names.length === 2) return `${writer.scope.helper('mapKey2')}(${names.join(', ')})`;
  return `${writer.scope.helper('mapKeyN')}([${names.join(', ')}])`;
}
