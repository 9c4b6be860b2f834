import type { GlobalDeclaration } from '../../src/ast/declaration.ts';
import { ReferenceArray, type Key, type Scalar } from './reference-array.ts';
import { ReferenceStatistic } from './reference-statistic.ts';

/** The value of a name that nothing has been assigned to. */
export function defaultOf(name: string): Key {
  return name.startsWith('s') ? '' : 0n;
}

/** Global variables. Whether one is an array or a statistic shows when it is used. */
export class ReferenceGlobals {
  readonly #declarations = new Map<string, GlobalDeclaration>();
  readonly #scalars = new Map<string, Scalar>();
  readonly #arrays = new Map<string, ReferenceArray>();

  constructor(declarations: readonly GlobalDeclaration[]) {
    for (const declaration of declarations) {
      this.#declarations.set(declaration.name, declaration);
      const { initial } = declaration;
      if (initial === undefined) continue;
      this.#scalars.set(
        declaration.name,
        initial.kind === 'string' ? initial.value : BigInt.asIntN(64, BigInt(initial.value)),
      );
    }
  }

  has(name: string): boolean {
    return this.#declarations.has(name);
  }

  read(name: string): Scalar {
    return this.#scalars.get(name) ?? defaultOf(name);
  }

  write(name: string, value: Scalar): void {
    this.#scalars.set(name, value);
  }

  statistic(name: string): ReferenceStatistic {
    const known = this.#scalars.get(name);
    if (known instanceof ReferenceStatistic) return known;
    const created = new ReferenceStatistic();
    this.#scalars.set(name, created);
    return created;
  }

  array(name: string): ReferenceArray {
    let array = this.#arrays.get(name);
    if (array === undefined) {
      const declaration = this.#declarations.get(name);
      const size = declaration?.maxSize === undefined ? undefined : Number(declaration.maxSize);
      array = new ReferenceArray(size, declaration?.wrap === true);
      this.#arrays.set(name, array);
    }
    return array;
  }

  /** `delete` of a whole variable, whatever it is. */
  clear(name: string): void {
    this.#scalars.delete(name);
    const array = this.#arrays.get(name);
    if (array !== undefined) array.entries = [];
  }
}

/** Local variables of one run of a body. Parameters hide globals, other names do not. */
export class ReferenceFrame {
  readonly #globals: ReferenceGlobals;
  readonly #locals: Map<string, Scalar>;
  readonly #parameters: ReadonlySet<string>;

  constructor(globals: ReferenceGlobals, parameters: ReadonlyMap<string, Scalar> = new Map()) {
    this.#globals = globals;
    this.#locals = new Map(parameters);
    this.#parameters = new Set(parameters.keys());
  }

  read(name: string): Scalar {
    if (this.#isLocal(name)) return this.#locals.get(name) ?? defaultOf(name);
    return this.#globals.read(name);
  }

  write(name: string, value: Scalar): void {
    if (this.#isLocal(name)) this.#locals.set(name, value);
    else this.#globals.write(name, value);
  }

  #isLocal(name: string): boolean {
    return this.#parameters.has(name) || !this.#globals.has(name);
  }
}
