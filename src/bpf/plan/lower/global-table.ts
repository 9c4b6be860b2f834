import type { CheckedProgram, VariableSymbol } from '../../../semantic/program.ts';
import type { KernelError, KernelPrint } from '../../../module/kernel-part.ts';
import type { KernelValue } from '../../ir.ts';
import { valueKey } from '../fold.ts';
import { refuse } from './cannot-lower.ts';

/** What a handler in the kernel does with a global. */
export interface GlobalUse {
  readonly symbol: VariableSymbol;
  /** `add`: adds to a long; `aggregate`: `<<<`; the order of these does not matter. */
  readonly kind: 'add' | 'aggregate' | 'read' | 'write' | 'delete';
  /** Of an element. */
  readonly keys: readonly KernelValue[];
}

/**
 * What the handlers in the kernel share: the globals that they use, what they print and what can go wrong in them. Globals
 * get their place in order of first use.
 */
export class KernelTables {
  readonly prints: KernelPrint[] = [];
  readonly errors: KernelError[] = [];
  readonly uses: GlobalUse[] = [];
  /** Place among the globals of the kernel part. */
  readonly globals = new Map<VariableSymbol, number>();
  readonly #program: CheckedProgram;
  readonly #firstScalar: number;
  readonly #offsets = new Map<VariableSymbol, number>();
  readonly #errorKeys = new Map<string, number>();

  /** `firstScalar`: offset in the cells. */
  constructor(program: CheckedProgram, firstScalar: number) {
    this.#program = program;
    this.#firstScalar = firstScalar;
  }

  /** Offset in the cells of a long. */
  cell(symbol: VariableSymbol, kind: GlobalUse['kind']): number {
    if (symbol.type !== 'long') refuse(`uses the ${symbol.type} ${symbol.name}`);
    this.#enter(symbol, kind, []);
    const offset = this.#offsets.get(symbol) ?? this.#firstScalar + this.#offsets.size * 8;
    this.#offsets.set(symbol, offset);
    return offset;
  }

  /** Place of an array or statistic among the globals. */
  place(symbol: VariableSymbol, kind: GlobalUse['kind'], keys: readonly KernelValue[]): number {
    if (symbol.declaration?.wrap === true)
      refuse(`uses ${symbol.name}, whose first element gives way when it is full (%)`);
    if (symbol.type === 'unknown') refuse(`uses ${symbol.name}, whose type is unknown`);
    return this.#enter(symbol, kind, keys);
  }

  /** Scalars in the cells with their offsets. */
  get cells(): ReadonlyMap<VariableSymbol, number> {
    return this.#offsets;
  }

  /** Index among the prints. */
  print(print: KernelPrint): number {
    return this.prints.push(print) - 1;
  }

  /** Index among the errors, the same for the same error. */
  error(error: KernelError): number {
    const key = valueKey(error);
    const known = this.#errorKeys.get(key);
    if (known !== undefined) return known;
    this.#errorKeys.set(key, this.errors.length);
    return this.errors.push(error) - 1;
  }

  #enter(symbol: VariableSymbol, kind: GlobalUse['kind'], keys: readonly KernelValue[]): number {
    if (!this.#program.globals.includes(symbol)) refuse(`uses ${symbol.name}`);
    this.uses.push({ symbol, kind, keys });
    const index = this.globals.get(symbol) ?? this.globals.size;
    this.globals.set(symbol, index);
    return index;
  }
}
