import { Entropy } from './entropy.ts';
import { ExpressionGenerator } from './generated-expression.ts';
import {
  ARRAYS,
  GLOBAL_LONGS,
  GLOBAL_STRINGS,
  STATISTICS,
  type GeneratedArray,
  type GeneratedFunction,
  type GeneratedScope,
} from './generated-scope.ts';
import { StatementGenerator } from './generated-statement.ts';

const LOCAL_LONGS = ['l0', 'l1', 'l2'];
const LOCAL_STRINGS = ['sl0', 'sl1'];

/**
 * A correct program made of the choices in a list of numbers. It changes all kinds of variables in functions and
 * `begin` probes, which print what they do, and prints all of its state at the end.
 */
export function generateProgram(numbers: readonly number[]): string {
  return new ProgramGenerator(new Entropy(numbers)).program();
}

class ProgramGenerator {
  readonly #entropy: Entropy;
  readonly #expressions: ExpressionGenerator;
  readonly #statements: StatementGenerator;
  readonly #functions: GeneratedFunction[] = [];

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
    this.#expressions = new ExpressionGenerator(entropy);
    this.#statements = new StatementGenerator(entropy, this.#expressions);
  }

  program(): string {
    const globals = [
      `global n0 = ${this.#entropy.pick(['0', '5', '-3', '9223372036854775807'])}, n1 = 7, s0 = "zero", s1 = ""`,
      `global ${[...ARRAYS.map(({ declaration }) => declaration), ...STATISTICS.map(({ name }) => name)].join(', ')}`,
    ];
    const functionCount = this.#entropy.below(5);
    const functions = Array.from({ length: functionCount }, (_, index) => this.#function(index));
    const points = [['begin'], ['begin', 'begin'], ['begin(1)', 'begin', 'begin(-1)'], ['begin', 'begin(1)']];
    const probes = this.#entropy.pick(points).map((point) => this.#probe(point));
    return [...globals, ...functions.flat(), ...probes, statePrinted()].join('\n');
  }

  #probe(point: string): string {
    const scope: GeneratedScope = { ...this.#scope([], []), body: 'probe', functions: this.#functions };
    this.#statements.startBody();
    const elements = this.#statements.elements();
    const block = this.#statements.block(scope);
    return `probe ${point} {\n${elements}\n${block}\n${localsShown(LOCAL_LONGS, LOCAL_STRINGS)}\n}`;
  }

  /** One function, or several candidates that hand on to each other by `next`. */
  #function(index: number): string[] {
    const returns = this.#entropy.oneIn(3) ? 'string' : 'long';
    const parameters = Array.from({ length: this.#entropy.below(3) }, () =>
      this.#entropy.oneIn(2) ? ('string' as const) : ('long' as const),
    );
    const symbol: GeneratedFunction = {
      name: `${returns === 'string' ? 'sf' : 'nf'}${index}`,
      isRecursive: this.#entropy.oneIn(3),
      parameters,
      changes: new Set(),
    };
    const candidates = this.#entropy.oneIn(4) ? 2 + this.#entropy.below(2) : 1;
    const texts = Array.from({ length: candidates }, (_, position) =>
      this.#candidate(symbol, candidates > 1, position),
    );
    this.#functions.push(symbol);
    return texts;
  }

  #candidate(symbol: GeneratedFunction, isOverloaded: boolean, position: number): string {
    const type = symbol.name.startsWith('s') ? 'string' : 'long';
    const names = symbol.parameters.map((of, index) => `${of === 'string' ? 'sp' : 'p'}${index}`);
    const longs = names.filter((name) => !name.startsWith('s'));
    const strings = names.filter((name) => name.startsWith('s'));
    const scope: GeneratedScope = {
      ...this.#scope(longs, strings),
      body: 'function',
      counters: symbol.isRecursive ? ['depth'] : [],
      functions: [...this.#functions],
      ...(symbol.isRecursive ? { self: symbol } : {}),
      changes: symbol.changes,
    };
    this.#statements.startBody();
    const isTyped = !this.#entropy.oneIn(2);
    const written = names.map((name, index) =>
      isTyped ? `${name}:${symbol.parameters[index] ?? ''}` : name,
    );
    const depth = symbol.isRecursive ? ['depth'] : [];
    const priority = isOverloaded && this.#entropy.oneIn(3) ? `:${1 + this.#entropy.below(3)}` : '';
    const base = symbol.isRecursive ? `if (depth <= 0) return ${type === 'long' ? '1' : '"end"'};\n` : '';
    const handsOn = isOverloaded ? `if (${this.#expressions.long(scope)}) next;\n` : '';
    const body = this.#isPure() ? '' : `${this.#statements.block(scope)}\n`;
    const value = this.#expressions.of(type, scope);
    const recurses = symbol.isRecursive && !this.#entropy.oneIn(3);
    const again = `${symbol.name}(${['(depth - 1)', ...names].join(', ')})`;
    const result = recurses ? `(${value} ${type === 'long' ? '+' : '.'} ${again})` : value;
    const head = `function ${symbol.name}:${type}(${[...depth, ...written].join(', ')})${priority}`;
    const uses = `${parametersUsed(longs, strings)}\n`;
    return `${head} {\n${base}${uses}${position > 0 && this.#entropy.oneIn(2) ? '' : handsOn}${body}return ${result};\n}`;
  }

  #isPure(): boolean {
    return this.#entropy.oneIn(3);
  }

  #scope(longs: readonly string[], strings: readonly string[]): GeneratedScope {
    return {
      body: 'probe',
      longs: [...longs, ...LOCAL_LONGS, ...GLOBAL_LONGS],
      counters: [],
      strings: [...strings, ...LOCAL_STRINGS, ...GLOBAL_STRINGS],
      functions: [],
      iterated: [],
      changes: new Set(),
      isInLoop: false,
    };
  }
}

/** Gives every parameter a type, and every local a use, whatever the body does with them. */
function parametersUsed(longs: readonly string[], strings: readonly string[]): string {
  return localsShown([...longs, ...LOCAL_LONGS], [...strings, ...LOCAL_STRINGS]);
}

function localsShown(longs: readonly string[], strings: readonly string[]): string {
  const format = [...longs.map((name) => `${name}=%d`), ...strings.map((name) => `${name}=%s`)].join(' ');
  return `printf("${format}\\n", ${[...longs, ...strings].join(', ')});`;
}

/** Probes of `end` and `error` that print all variables of generated programs. */
export function statePrinted(): string {
  const scalars = localsShown([...GLOBAL_LONGS], [...GLOBAL_STRINGS]);
  const statistics = STATISTICS.map(
    ({ name }) =>
      `printf("${name} %d %d\\n", @count(${name}), @sum(${name}));\n` +
      `if (@count(${name})) printf("%d %d %d\\n", @min(${name}), @max(${name}), @avg(${name}));`,
  );
  return ['probe end, error {', scalars, ...statistics, ...ARRAYS.map(arrayShown), '}'].join('\n');
}

function arrayShown({ name, keys, element }: GeneratedArray): string {
  const names = keys.map((type, index) => `${type === 'string' ? 'sk' : 'k'}${index}`);
  const at = `${name}[${names.join(', ')}]`;
  const format = keys.map((type) => (type === 'string' ? '%s' : '%d')).join(',');
  const values =
    element === 'statistic'
      ? `@count(${at}), @sum(${at}), @min(${at}), @max(${at}), @avg(${at}), @variance(${at})`
      : at;
  const shown = element === 'statistic' ? '%d %d %d %d %d %d' : element === 'string' ? '%s' : '%d';
  return `foreach ([${names.join(', ')}] in ${name}) printf("${name}[${format}]=${shown}\\n", ${names.join(', ')}, ${values});`;
}
