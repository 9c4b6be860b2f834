import type {
  Assignment,
  Expression,
  Histogram,
  Index,
  Membership,
  Print,
  Statistic,
  Unary,
  Update,
  Wildcard,
} from '../../src/ast/expression.ts';
import { fits, type Key, type Pattern, type Scalar } from './reference-array.ts';
import { ScriptFailure } from './reference-failure.ts';
import { formatted } from './reference-format.ts';
import { defaultOf, type ReferenceFrame, type ReferenceGlobals } from './reference-scope.ts';
import { drawHistogram, ReferenceStatistic, type ReferenceHistogram } from './reference-statistic.ts';

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

/** What evaluating expressions needs from the run. */
export interface Surroundings {
  readonly globals: ReferenceGlobals;
  readonly maxStringLength: number;
  readonly print: (text: string) => void;
  readonly call: (name: string, args: readonly Key[]) => Key;
  /** The context variable of that name, with its `$`. */
  readonly target: (name: string) => bigint;
}

/** Evaluates expressions of one body. */
export class ReferenceEvaluator {
  readonly #run: Surroundings;
  readonly #frame: ReferenceFrame;

  constructor(run: Surroundings, frame: ReferenceFrame) {
    this.#run = run;
    this.#frame = frame;
  }

  /** A string as it is after being stored: cut at its first NUL and at the longest length. */
  clip(text: string): string {
    return (text.split('\0')[0] ?? '').substring(0, this.#run.maxStringLength - 1);
  }

  isTrue(expression: Expression): boolean {
    return this.long(expression) !== 0n;
  }

  long(expression: Expression): bigint {
    const value = this.value(expression);
    if (typeof value !== 'bigint') throw new TypeError(`${expression.kind} is no number`);
    return value;
  }

  value(expression: Expression): Key {
    switch (expression.kind) {
      case 'number':
        return wrap(BigInt(expression.value));
      case 'string':
        return this.clip(expression.value);
      case 'variable':
        return plain(this.#frame.read(expression.name));
      case 'index':
        return this.#element(expression);
      case 'call':
        return this.#run.call(
          expression.callee.name,
          expression.args.map((argument) => this.value(argument)),
        );
      case 'target':
        return this.#run.target(expression.name);
      case 'unary':
        return unary(expression.operator, this.long(expression.operand));
      case 'update':
        return this.#update(expression);
      case 'binary':
        return arithmetic(expression.operator, this.long(expression.left), this.long(expression.right));
      case 'concatenation': {
        const left = this.value(expression.left);
        return this.clip(`${left}${this.value(expression.right)}`);
      }
      case 'comparison': {
        const left = this.value(expression.left);
        return truth(compare(expression.operator, left, this.value(expression.right)));
      }
      case 'regex': {
        const found = new RegExp(expression.pattern.value, 's').test(`${this.value(expression.left)}`);
        return truth(found === (expression.operator === '=~'));
      }
      case 'logical':
        if (expression.operator === '&&')
          return truth(this.isTrue(expression.left) && this.isTrue(expression.right));
        return truth(this.isTrue(expression.left) || this.isTrue(expression.right));
      case 'membership':
        return this.#membership(expression);
      case 'conditional':
        return this.value(this.isTrue(expression.condition) ? expression.consequent : expression.alternate);
      case 'assignment':
        return this.#assign(expression);
      case 'statistic':
        return this.#extract(expression);
      case 'print':
        return this.#print(expression);
      default:
        throw new TypeError(`${expression.kind} is not supported`);
    }
  }

  pattern(keys: readonly (Expression | Wildcard)[]): Pattern {
    return keys.map((key) => (key.kind === 'wildcard' ? undefined : this.value(key)));
  }

  keys(keys: readonly (Expression | Wildcard)[]): readonly Key[] {
    return this.pattern(keys).map((key) => {
      if (key === undefined) throw new TypeError('a * is no key');
      return key;
    });
  }

  statistic(operand: Expression): ReferenceStatistic {
    if (operand.kind === 'variable') return this.#run.globals.statistic(operand.name);
    if (operand.kind !== 'index' || operand.base.kind !== 'variable') throw new TypeError('no statistic');
    const found = this.#run.globals.array(operand.base.name).find(this.keys(operand.keys));
    return found?.value instanceof ReferenceStatistic ? found.value : new ReferenceStatistic();
  }

  #element({ base, keys }: Index): Key {
    if (base.kind === 'histogram') {
      const statistic = this.statistic(base.operand);
      const [index] = this.keys(keys);
      const count = statistic.buckets(shapeOf(base))[Number(index)];
      if (count === undefined) throw new ScriptFailure('histogram index out of range');
      return count;
    }
    return plain(this.#run.globals.array(base.name).find(this.keys(keys))?.value ?? defaultOf(base.name));
  }

  #membership({ array, keys }: Membership): bigint {
    const pattern = this.pattern(keys);
    return truth(this.#run.globals.array(array.name).entries.some((entry) => fits(entry, pattern)));
  }

  #extract({ function: name, operand, shift }: Statistic): bigint {
    return this.statistic(operand).extract(name, BigInt(shift), operand.kind === 'index');
  }

  #update({ operand, operator, prefix }: Update): bigint {
    const place = this.#place(operand);
    const old = BigInt(plain(place.read()));
    const changed = wrap(operator === '++' ? old + 1n : old - 1n);
    place.write(changed);
    return prefix ? changed : old;
  }

  #assign({ target, operator, value: right }: Assignment): Key {
    if (operator === '<<<') return this.#addTo(target, right);
    const place = this.#place(target);
    const value = this.value(right);
    if (operator === '=') {
      place.write(value);
      return value;
    }
    const old = plain(place.read());
    const combined =
      operator === '.='
        ? this.clip(`${old}${value}`)
        : arithmetic(operator.slice(0, -1), BigInt(old), BigInt(value));
    place.write(combined);
    return combined;
  }

  #addTo(target: Expression, right: Expression): bigint {
    if (target.kind === 'variable') {
      const value = this.long(right);
      this.#run.globals.statistic(target.name).values.push(value);
      return value;
    }
    if (target.kind !== 'index' || target.base.kind !== 'variable') throw new TypeError('no statistic');
    const keys = this.keys(target.keys);
    const value = this.long(right);
    const array = this.#run.globals.array(target.base.name);
    if (array.find(keys) === undefined) array.store(keys, new ReferenceStatistic());
    const element = array.find(keys)?.value;
    if (element instanceof ReferenceStatistic) element.values.push(value);
    return value;
  }

  /** Where an assignment goes: the keys are evaluated at once. */
  #place(target: Expression): { read: () => Scalar; write: (value: Key) => void } {
    if (target.kind === 'variable') {
      const { name } = target;
      return { read: () => this.#frame.read(name), write: (value) => this.#frame.write(name, value) };
    }
    if (target.kind !== 'index' || target.base.kind !== 'variable') throw new TypeError('no lvalue');
    const { name } = target.base;
    const array = this.#run.globals.array(name);
    const keys = this.keys(target.keys);
    return {
      read: () => array.find(keys)?.value ?? defaultOf(name),
      write: (value) => array.store(keys, value),
    };
  }

  #print(expression: Print): Key {
    const text = this.#printed(expression);
    if (expression.toString) return this.clip(text);
    this.#run.print(text);
    return 0n;
  }

  #printed({ function: name, args, parts, delimiter, newline }: Print): string {
    const [first] = args;
    if (first?.kind === 'histogram') {
      const statistic = this.statistic(first.operand);
      statistic.requireValues();
      return drawHistogram(statistic, shapeOf(first));
    }
    const values = args.map((argument) => this.value(argument));
    if (name === 'print_char') return String.fromCharCode(Number(BigInt(values[0] ?? 0n) & 255n));
    if (parts !== undefined) return formatted(parts, values);
    return values.join(delimiter === undefined ? '' : delimiter.value) + (newline ? '\n' : '');
  }
}

/** The buckets that a histogram operator asks for. */
export function shapeOf({ function: kind, low, high, width }: Histogram): ReferenceHistogram {
  if (kind === 'log') return { kind };
  return { kind, low: BigInt(low), high: BigInt(high), width: BigInt(width) };
}

function plain(value: Scalar): Key {
  if (value instanceof ReferenceStatistic) throw new TypeError('a statistic is no plain value');
  return value;
}

function unary(operator: Unary['operator'], operand: bigint): bigint {
  switch (operator) {
    case '+':
      return operand;
    case '-':
      return wrap(-operand);
    case '~':
      return ~operand;
    case '!':
      return truth(operand === 0n);
  }
}

function arithmetic(operator: string, left: bigint, right: bigint): bigint {
  const places = BigInt.asUintN(6, right);
  switch (operator) {
    case '+':
      return wrap(left + right);
    case '-':
      return wrap(left - right);
    case '*':
      return wrap(left * right);
    case '/':
    case '%':
      if (right === 0n) throw new ScriptFailure('division by 0');
      return wrap(operator === '/' ? left / right : left % right);
    case '<<':
      return wrap(left << places);
    case '>>':
      return left >> places;
    case '>>>':
      return wrap(BigInt.asUintN(64, left) >> places);
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    default:
      throw new TypeError(`unknown operator ${operator}`);
  }
}

function compare(operator: string, left: Key, right: Key): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    default:
      return left >= right;
  }
}
