import type { Entropy } from './entropy.ts';
import { ARRAYS, STATISTICS, type GeneratedArray, type GeneratedScope } from './generated-scope.ts';

const SMALL = ['0', '1', '2', '3', '5', '7', '10', '(-1)', '(-2)', '(-7)', '100', '64', '63'];
const LARGE = [
  '0x7fffffffffffffff',
  '(-0x7fffffffffffffff - 1)',
  '0x8000000000000000',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '(-9007199254740991)',
  '(-9007199254740993)',
  '4294967295',
  '4294967296',
  '2147483648',
  '(-2147483649)',
  '3037000500',
  '0xdeadbeefcafe',
];
const TEXTS = [
  '""',
  '"a"',
  '"b"',
  '"ab"',
  '"12"',
  '"-7x"',
  '"0x1f"',
  '"hello world"',
  '"\\xff" "z"',
  '"\\n\\t"',
  '"aaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
  '"%d$`{"',
  '"a\\0b"',
];
const PATTERNS = ['"a+b"', '"^a"', '"[0-9]+"', '"b$"', '"(a|bc)*d"', '"^$"', '"x?y{0,2}l"', '"a.*a"'];
const LONG_FORMATS = [
  ...['%d', '%i', '%u', '%x', '%X', '%o', '%#x', '%#o', '%#X', '%p', '%c', '%#c', '%5d', '%-5d', '%05d'],
  ...['%+d', '% d', '%.3d', '%8.3d', '%-8.3x', '%#10.4x', '%ld', '%3c', '%-3c', '%.1b', '%2b', '%-4.2b'],
  ...['%b', '%020d', '%#012x', '%22u', '%.0d', '%+5u', '%12p', '%012p', '%-12p', '%010.4d'],
];
const STRING_FORMATS = ['%s', '%5s', '%-5s', '%.2s', '%8.3s', '%-8.3s', '%.0s', '%ls'];

const MAY_FAIL = /[/%@]|stringat|[ns]f\d/;
/** A variable, an assignment or an update. */
const NEVER_CONSTANT = /^\(?[a-z]\w*(\[.*\])?( ([-+*/%&|^.]|<<|>>)?= |\+\+\)|--\)|$)/;

/** Writes expressions of a wanted type; all operands are in parentheses. */
export class ExpressionGenerator {
  readonly #entropy: Entropy;
  #depth = 0;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  of(type: 'long' | 'string', scope: GeneratedScope): string {
    return type === 'long' ? this.long(scope) : this.string(scope);
  }

  long(scope: GeneratedScope): string {
    return this.#nested(
      () => this.#longLeaf(scope),
      () => this.#longTree(scope),
    );
  }

  string(scope: GeneratedScope): string {
    return this.#nested(
      () => this.#stringLeaf(scope),
      () => this.#stringTree(scope),
    );
  }

  /** An expression with an effect, for use as a statement. */
  effect(scope: GeneratedScope): string {
    const entropy = this.#entropy;
    switch (entropy.below(8)) {
      case 0:
      case 1:
        return this.#assignLong(scope);
      case 2:
        return this.#assignString(scope);
      case 3:
        return this.update(scope);
      case 4:
      case 5:
        return this.addToStatistic(scope);
      default:
        return this.#assignElement(scope, entropy.oneIn(2) ? 'string' : 'long');
    }
  }

  /** `x <<< v` */
  addToStatistic(scope: GeneratedScope): string {
    const arrays = this.#writable(scope, 'statistic');
    const choice = this.#entropy.below(4);
    const statistic = STATISTICS[choice % 2];
    if (choice < 2 || arrays.length === 0) return `(${statistic?.name ?? 'qs'} <<< ${this.long(scope)})`;
    const array = this.#entropy.pick(arrays);
    scope.changes.add(array.name);
    return `(${this.element(array, scope)} <<< ${this.long(scope)})`;
  }

  element(array: GeneratedArray, scope: GeneratedScope, longKey?: string): string {
    const key = (type: 'long' | 'string'): string =>
      type === 'long' && longKey !== undefined ? longKey : this.#key(type, scope);
    return `${array.name}[${array.keys.map(key).join(', ')}]`;
  }

  /** Keys of which some are `*`. */
  slice(array: GeneratedArray, scope: GeneratedScope): string {
    return array.keys.map((type) => (this.#entropy.oneIn(2) ? '*' : this.#key(type, scope))).join(', ');
  }

  /** `"format", values` for printf. */
  format(scope: GeneratedScope): string {
    const count = 1 + this.#entropy.below(3);
    let text = '';
    const values: string[] = [];
    for (let index = 0; index < count; index++) {
      const isLong = !this.#entropy.oneIn(3);
      const star = this.#entropy.oneIn(8);
      text += this.#entropy.pick(['', '|', ' %% ', '\\n']);
      if (star) {
        text += this.#entropy.pick(isLong ? ['%*d', '%-*x', '%*.*d', '%.*u'] : ['%*s', '%.*s', '%-*.*s']);
        for (let stars = text.slice(text.lastIndexOf('%')).split('*').length; stars > 1; stars--)
          values.push(this.#entropy.pick(['3', '0', '(-2)', '12']));
      } else text += this.#entropy.pick(isLong ? LONG_FORMATS : STRING_FORMATS);
      values.push(isLong ? this.long(scope) : this.string(scope));
    }
    return `"${text}", ${values.join(', ')}`;
  }

  /** `x++` and its like. */
  update(scope: GeneratedScope): string {
    const arrays = this.#writable(scope, 'long');
    const array = this.#entropy.oneIn(2) && arrays.length > 0 ? this.#entropy.pick(arrays) : undefined;
    if (array !== undefined) scope.changes.add(array.name);
    const target = array === undefined ? this.#entropy.pick(scope.longs) : this.element(array, scope);
    const operator = this.#entropy.pick(['++', '--']);
    return this.#entropy.oneIn(2) ? `(${operator}${target})` : `(${target}${operator})`;
  }

  #nested(leaf: () => string, tree: () => string): string {
    const isLeaf = this.#entropy.isUsedUp || this.#depth >= 4 || this.#entropy.below(3) === 0;
    if (isLeaf) return leaf();
    this.#depth++;
    const text = tree();
    this.#depth--;
    return text;
  }

  #longLeaf(scope: GeneratedScope): string {
    const names = [...scope.longs, ...scope.counters];
    switch (this.#entropy.below(6)) {
      case 0:
      case 1:
        return this.#entropy.pick(SMALL);
      case 2:
        return this.#entropy.pick(LARGE);
      default:
        return this.#entropy.pick(names);
    }
  }

  #longTree(scope: GeneratedScope): string {
    const long = (): string => this.long(scope);
    switch (this.#entropy.below(20)) {
      case 0:
      case 1:
      case 2:
        return this.#binary(scope, this.#entropy.pick(['+', '-', '*', '&', '|', '^']));
      case 3:
        return this.#binary(scope, this.#entropy.pick(['/', '%']));
      case 4:
        return `(${long()} ${this.#entropy.pick(['<<', '>>', '>>>'])} ${this.#shiftCount(scope)})`;
      case 5:
        return `(${long()} ${this.#entropy.pick(['==', '!=', '<', '>', '<=', '>='])} ${long()})`;
      case 6:
        return `(${this.string(scope)} ${this.#entropy.pick(['==', '!=', '<', '>='])} ${this.string(scope)})`;
      case 7:
        return this.#binary(scope, this.#entropy.pick(['&&', '||']));
      case 8:
        return `(${this.#entropy.pick(['-', '!', '~', '+'])}${long()})`;
      case 9:
        return `(${long()} ? ${long()} : ${long()})`;
      case 10:
      case 11:
        return this.#assignLong(scope);
      case 12:
        return this.update(scope);
      case 13:
        return this.#read(scope, 'long');
      case 14:
        return this.#assignElement(scope, 'long');
      case 15:
        return this.#membership(scope);
      case 16:
        return this.#libraryLong(scope);
      case 17:
        return this.#statistic(scope);
      default:
        return this.#call(scope, 'n');
    }
  }

  #stringLeaf(scope: GeneratedScope): string {
    return this.#entropy.oneIn(2) ? this.#entropy.pick(scope.strings) : this.#entropy.pick(TEXTS);
  }

  #stringTree(scope: GeneratedScope): string {
    const string = (): string => this.string(scope);
    const values = (): string => `${this.long(scope)}, ${string()}, ${this.long(scope)}`;
    switch (this.#entropy.below(12)) {
      case 0:
      case 1:
        return `(${string()} . ${string()})`;
      case 2:
        return `(${this.long(scope)} ? ${string()} : ${string()})`;
      case 3:
        return this.#assignString(scope);
      case 4:
        return `substr(${string()}, ${this.long(scope)}, ${this.long(scope)})`;
      case 5:
        return `str_replace(${string()}, ${string()}, ${string()})`;
      case 6:
        return `sprintf(${this.format(scope)})`;
      case 7:
        return this.#entropy.oneIn(2) ? `sprint(${values()})` : `sprintln(${values()})`;
      case 8:
        return `${this.#entropy.pick(['sprintd', 'sprintdln'])}("${this.#entropy.pick([',', '', ' $'])}", ${values()})`;
      case 9:
        return this.#read(scope, 'string');
      case 10:
        return this.#assignElement(scope, 'string');
      default:
        return this.#call(scope, 's');
    }
  }

  /**
   * Constant folding drops an operand without effects where the other one decides alone, and with it the errors that
   * it might have raised. So beside an operand that may fail there is none that might be folded.
   */
  #binary(scope: GeneratedScope, operator: string): string {
    const left = this.long(scope);
    const isName = scope.longs.includes(left);
    const right = isName ? this.#longAfter(left, scope) : this.long(scope);
    const kept = (text: string, other: string): string =>
      MAY_FAIL.test(other) && !MAY_FAIL.test(text) && !NEVER_CONSTANT.test(text)
        ? this.#entropy.pick(scope.longs)
        : text;
    return `(${kept(left, right)} ${operator} ${kept(right, left)})`;
  }

  /** Constant counts outside 0 … 63 mean different things to constant folding and at run time. */
  #shiftCount(scope: GeneratedScope): string {
    return this.#entropy.pick([
      '1',
      '8',
      '63',
      '0',
      this.#entropy.pick(scope.longs),
      `(${this.#entropy.pick(scope.longs)}++)`,
    ]);
  }

  #assignLong(scope: GeneratedScope): string {
    const operators = ['=', '+=', '-=', '*=', '&=', '|=', '^=', '/=', '%=', '<<=', '>>='];
    const operator = this.#entropy.pick(operators);
    const target = this.#entropy.pick(scope.longs);
    if (/<<|>>/.test(operator)) return `(${target} ${operator} ${this.#shiftCount(scope)})`;
    return `(${target} ${operator} ${this.#longAfter(target, scope)})`;
  }

  #assignString(scope: GeneratedScope): string {
    const target = this.#entropy.pick(scope.strings);
    const inner = this.#entropy.oneIn(4) ? `(${target} . (${target} = ${this.string(scope)}))` : undefined;
    return `(${target} ${this.#entropy.pick(['=', '.='])} ${inner ?? this.string(scope)})`;
  }

  /** A long, now and then one that changes a target whose old value is used before or after it. */
  #longAfter(target: string, scope: GeneratedScope): string {
    switch (this.#entropy.below(8)) {
      case 6:
        return `(${target}${this.#entropy.pick(['++', '--'])})`;
      case 7:
        return `(${target} = ${this.long(scope)})`;
      default:
        return this.long(scope);
    }
  }

  #assignElement(scope: GeneratedScope, type: 'long' | 'string'): string {
    const arrays = this.#writable(scope, type);
    if (arrays.length === 0) return type === 'long' ? this.#assignLong(scope) : this.#assignString(scope);
    const array = this.#entropy.pick(arrays);
    scope.changes.add(array.name);
    const operators = type === 'long' ? ['=', '+=', '-=', '*=', '|=', '/='] : ['=', '.='];
    const name = this.#entropy.pick(scope.longs);
    const changesKey = this.#entropy.oneIn(5) && type === 'long';
    const target = this.element(array, scope, changesKey ? name : undefined);
    if (changesKey) {
      const change = this.#entropy.pick([`(${name}++)`, `(--${name})`, `(${name} = ${this.long(scope)})`]);
      return `(${target} ${this.#entropy.pick(operators)} ${change})`;
    }
    const value = type === 'long' ? this.#longAfter(target, scope) : this.string(scope);
    return `(${target} ${this.#entropy.pick(operators)} ${value})`;
  }

  #read(scope: GeneratedScope, type: 'long' | 'string'): string {
    return this.element(this.#entropy.pick(ARRAYS.filter(({ element }) => element === type)), scope);
  }

  #membership(scope: GeneratedScope): string {
    const array = this.#entropy.pick(ARRAYS);
    return `([${this.slice(array, scope)}] in ${array.name})`;
  }

  #libraryLong(scope: GeneratedScope): string {
    const string = (): string => this.string(scope);
    switch (this.#entropy.below(7)) {
      case 0:
        return `strlen(${string()})`;
      case 1:
        return `strtol(${string()}, ${this.#entropy.pick(['10', '16', '0', '8'])})`;
      case 2:
        return `strpos(${string()}, ${string()})`;
      case 3:
        return `isinstr(${string()}, ${string()})`;
      case 4:
        return `isdigit(${string()})`;
      case 5:
        return `(${string()} ${this.#entropy.pick(['=~', '!~'])} ${this.#entropy.pick(PATTERNS)})`;
      default:
        return `stringat(${string()}, ${this.long(scope)})`;
    }
  }

  #statistic(scope: GeneratedScope): string {
    const extractor = this.#entropy.pick(['@count', '@sum', '@min', '@max', '@avg']);
    const choice = this.#entropy.below(5);
    const scalar = STATISTICS[choice % 2] ?? STATISTICS[0];
    if (choice < 2) return this.#entropy.oneIn(3) ? scalar.variance : `${extractor}(${scalar.name})`;
    if (choice === 2) return `(${scalar.histogram}[${this.long(scope)}])`;
    const array = this.#entropy.pick(ARRAYS.filter(({ element }) => element === 'statistic'));
    const operator = this.#entropy.oneIn(4) ? '@variance' : extractor;
    return `${operator}(${this.element(array, scope)})`;
  }

  /** A call of a function that returns a long (`n…`) or a string (`s…`); one that may be called here. */
  #call(scope: GeneratedScope, prefix: 'n' | 's'): string {
    // What the function itself will have changed in the end is not known inside a foreach.
    const self = scope.self !== undefined && scope.iterated.length === 0 ? [scope.self] : [];
    const callable = [...scope.functions, ...self].filter(
      ({ name, changes }) =>
        name.startsWith(prefix) && !scope.iterated.some((iterated) => changes.has(iterated)),
    );
    if (callable.length === 0) return prefix === 'n' ? this.#longLeaf(scope) : this.#stringLeaf(scope);
    const called = this.#entropy.pick(callable);
    for (const change of called.changes) scope.changes.add(change);
    const first = called === scope.self ? '(depth - 1)' : this.#entropy.pick(['0', '1', '2', '3', '30']);
    const rest = called.parameters.map((type) => this.of(type, scope));
    return `${called.name}(${[...(called.isRecursive ? [first] : []), ...rest].join(', ')})`;
  }

  #key(type: 'long' | 'string', scope: GeneratedScope): string {
    if (this.#entropy.oneIn(3)) return this.of(type, scope);
    return type === 'long'
      ? this.#entropy.pick(['1', '2', '3', ...scope.counters, '9007199254740993', '(-1)'])
      : this.#entropy.pick(['"k"', '"l"', '"m"', ...scope.strings]);
  }

  /** Arrays of an element type that may be changed here. */
  #writable(scope: GeneratedScope, type: GeneratedArray['element']): readonly GeneratedArray[] {
    return ARRAYS.filter(({ name, element }) => element === type && !scope.iterated.includes(name));
  }
}
