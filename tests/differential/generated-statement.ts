import type { Entropy } from './entropy.ts';
import type { ExpressionGenerator } from './generated-expression.ts';
import {
  ARRAYS,
  GLOBAL_LONGS,
  GLOBAL_STRINGS,
  STATISTICS,
  type GeneratedArray,
  type GeneratedScope,
} from './generated-scope.ts';

const AGGREGATES = ['', '@count', '@sum', '@min', '@max', '@avg'];

/** Writes statements. Every loop ends, because nothing but its head changes its counter. */
export class StatementGenerator {
  readonly #entropy: Entropy;
  readonly #expression: ExpressionGenerator;
  #depth = 0;
  #loops = 0;

  constructor(entropy: Entropy, expression: ExpressionGenerator) {
    this.#entropy = entropy;
    this.#expression = expression;
  }

  /** Starts counting loops anew, for a new body. */
  startBody(): void {
    this.#loops = 0;
  }

  block(scope: GeneratedScope): string {
    const statements = [this.#simple(scope)];
    while (!this.#entropy.isUsedUp && statements.length < 8 && this.#entropy.below(6) > 0)
      statements.push(this.#statement(scope));
    return `{\n${statements.join('\n')}\n}`;
  }

  /** Assignments to elements of arrays, so that there is something to go through. */
  elements(): string {
    const count = this.#entropy.below(14);
    return Array.from({ length: count }, () => {
      const array = this.#entropy.pick(ARRAYS);
      const longs = ['4', '1', '2', '3', '5', '6', '7', '9007199254740993', '(-3)'];
      const strings = ['"k"', '"l"', '"m"', '"z"', '"\\xe9"', '""'];
      const of = (type: string): string => this.#entropy.pick(type === 'string' ? strings : longs);
      const operator = array.element === 'statistic' ? '<<<' : '=';
      return `try { ${array.name}[${array.keys.map(of).join(', ')}] ${operator} ${of(array.element)} } catch { println("full") }`;
    }).join('\n');
  }

  #statement(scope: GeneratedScope): string {
    if (this.#depth >= 4) return this.#simple(scope);
    this.#depth++;
    const text = this.#compound(scope);
    this.#depth--;
    return text;
  }

  #compound(scope: GeneratedScope): string {
    switch (this.#entropy.below(14)) {
      case 0: {
        const otherwise = this.#entropy.oneIn(2) ? ` else ${this.block(scope)}` : '';
        return `if (${this.#expression.long(scope)}) ${this.block(scope)}${otherwise}`;
      }
      case 1:
        return this.#for(scope);
      case 2:
        return this.#while(scope);
      case 3:
      case 4:
        return this.#foreach(scope);
      case 5:
      case 6:
        return this.#try(scope);
      case 7:
        return this.#jump(scope);
      case 8:
        return this.#foreach(scope);
      case 9:
        return this.#deepCalls(scope);
      default:
        return this.#simple(scope);
    }
  }

  #simple(scope: GeneratedScope): string {
    switch (this.#entropy.below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return `${this.#expression.effect(scope)};`;
      case 4:
        return `println(${this.#expression.long(scope)}, " ", ${this.#expression.string(scope)});`;
      case 5:
        return `printf(${this.#expression.format(scope)});`;
      case 6:
        return this.#print(scope);
      case 7:
        return this.#delete(scope);
      case 8:
        return this.#histogram();
      default:
        return this.#expression.update(scope);
    }
  }

  #print(scope: GeneratedScope): string {
    const values = `${this.#expression.string(scope)}, ${this.#expression.long(scope)}`;
    switch (this.#entropy.below(4)) {
      case 0:
        return `print(${values})`;
      case 1:
        return `printd(";", ${values})`;
      case 2:
        return `printdln("--", ${values})`;
      default:
        return `print_char(${this.#expression.long(scope)})`;
    }
  }

  /** Prints a histogram, or its buckets, if there is something to print. */
  #histogram(): string {
    const { histogram } = this.#entropy.pick(STATISTICS);
    const variable = this.#counter();
    if (this.#entropy.oneIn(2)) return `try { print(${histogram}) } catch { println("none") }`;
    const shown = `if (${histogram}[${variable}]) println(${variable}, "=", ${histogram}[${variable}])`;
    return `try { foreach (${variable} in ${histogram}) ${shown} } catch (se) { println(se) }`;
  }

  #delete(scope: GeneratedScope): string {
    const arrays = ARRAYS.filter(({ name }) => !scope.iterated.includes(name));
    if (arrays.length === 0 || this.#entropy.below(4) === 0)
      return `delete ${this.#entropy.pick([...GLOBAL_LONGS, ...GLOBAL_STRINGS, 'qs', 'qt'])};`;
    const array = this.#entropy.pick(arrays);
    scope.changes.add(array.name);
    switch (this.#entropy.below(3)) {
      case 0:
        return `delete ${this.#expression.element(array, scope)};`;
      case 1:
        return `delete ${array.name}[${this.#expression.slice(array, scope)}];`;
      default:
        return `delete ${array.name};`;
    }
  }

  #for(scope: GeneratedScope): string {
    const counter = this.#counter();
    const inside = { ...scope, counters: [...scope.counters, counter], isInLoop: true };
    const bound = this.#entropy.pick(['2', '3', '1', '0', '4']);
    return `for (${counter} = 0; ${counter} < ${bound}; ${counter}++) ${this.block(inside)}`;
  }

  #while(scope: GeneratedScope): string {
    const counter = this.#counter();
    const inside = { ...scope, counters: [...scope.counters, counter], isInLoop: true };
    const condition = this.#expression.long(scope);
    return `${counter} = 0;\nwhile (${counter}++ < 3 && ${condition}) ${this.block(inside)}`;
  }

  #foreach(scope: GeneratedScope): string {
    const array = this.#entropy.pick(ARRAYS);
    const isNested = scope.iterated.includes(array.name);
    const names = array.keys.map((type) => (type === 'long' ? this.#counter() : `s${this.#counter()}`));
    const value = this.#valueOf(array);
    const sort = isNested ? -1 : this.#entropy.below(names.length + 3) - 2;
    if (sort >= -1 && !isNested) scope.changes.add(array.name);
    const direction = this.#entropy.pick(['+', '-']);
    const keys = names.map((name, position) => (position === sort ? name + direction : name));
    const isSorted = !isNested && sort >= -1;
    const aggregate = array.element === 'statistic' ? this.#entropy.pick(AGGREGATES) : '';
    const after = isSorted && sort === -1 ? ` ${aggregate}${direction}` : '';
    const slice = this.#entropy.oneIn(4) ? `[${this.#plainSlice(array)}]` : '';
    const limit = this.#entropy.oneIn(3) && !(isSorted && slice !== '') ? ` limit ${this.#limit(scope)}` : '';
    const head = `foreach (${value === undefined ? '' : `${value} = `}[${keys.join(', ')}] in ${array.name}${slice}${after}${limit})`;
    return `${head} ${this.block(this.#insideForeach(scope, array, names, value))}`;
  }

  #insideForeach(
    scope: GeneratedScope,
    array: GeneratedArray,
    names: readonly string[],
    value: string | undefined,
  ): GeneratedScope {
    const written = [...names, ...(value === undefined ? [] : [value])];
    return {
      ...scope,
      counters: [...scope.counters, ...written.filter((name) => !name.startsWith('s'))],
      strings: [...scope.strings, ...written.filter((name) => name.startsWith('s'))],
      iterated: [...scope.iterated, array.name],
      isInLoop: true,
    };
  }

  #valueOf(array: GeneratedArray): string | undefined {
    if (array.element === 'statistic' || this.#entropy.oneIn(2)) return undefined;
    return array.element === 'string' ? `s${this.#counter()}` : this.#counter();
  }

  #plainSlice(array: GeneratedArray): string {
    const key = (type: 'long' | 'string'): string =>
      type === 'long' ? this.#entropy.pick(['*', '1', '2']) : this.#entropy.pick(['*', '"k"', '"l"']);
    return array.keys.map(key).join(', ');
  }

  /** A limit that is not negative: which elements a sort with a negative one prefers is not defined. */
  #limit(scope: GeneratedScope): string {
    return this.#entropy.pick(['1', '2', '3', '0', '31', `((${this.#expression.long(scope)}) & 3)`]);
  }

  #try(scope: GeneratedScope): string {
    const trouble = this.#entropy.pick([
      'println(1 / 0);',
      'error("own " . s0);',
      'println(@avg(qs));',
      `println(${this.#expression.long(scope)} / ${this.#expression.long(scope)});`,
      'error("");',
      '',
    ]);
    const body = `{\n${this.block(scope)}\n${trouble}\n}`;
    const handler = this.block(scope);
    if (this.#entropy.oneIn(4)) return `try ${body} catch ${handler}`;
    return `try ${body} catch (se) {\nprintln("caught ", se);\n${handler}\n}`;
  }

  /** A recursion that goes too deep, and afterwards one that does not. */
  #deepCalls(scope: GeneratedScope): string {
    const called = scope.functions.find(
      ({ isRecursive, changes }) => isRecursive && !scope.iterated.some((name) => changes.has(name)),
    );
    if (called === undefined) return this.#try(scope);
    for (const change of called.changes) scope.changes.add(change);
    const values = called.parameters.map((type) => this.#expression.of(type, scope));
    const call = (depth: number): string => `println(${called.name}(${[depth, ...values].join(', ')}))`;
    return `try { ${call(40)} } catch (se) { println(se) }\n${call(1)}`;
  }

  /** Statements that leave something, most of them under a condition. */
  #jump(scope: GeneratedScope): string {
    const leaving = [
      ...(scope.isInLoop ? ['break;', 'continue;'] : []),
      ...(scope.body === 'function' ? [`return ${this.#result(scope)};`] : []),
      scope.body === 'probe' ? 'next;' : 'error("from function");',
      'error("left");',
      'exit();',
      'abort();',
    ];
    const usual = scope.isInLoop ? leaving.slice(0, 2) : ['l0++;', 'l1--;'];
    const chosen = this.#entropy.pick(this.#entropy.oneIn(4) ? leaving : usual);
    return `if (${this.#expression.long(scope)}) { ${chosen} }`;
  }

  #result(scope: GeneratedScope): string {
    return scope.self?.name.startsWith('s') === true
      ? this.#expression.string(scope)
      : this.#expression.long(scope);
  }

  #counter(): string {
    return `i${this.#loops++}`;
  }
}
