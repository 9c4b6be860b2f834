import { Entropy } from './entropy.ts';
import { ExpressionGenerator } from './generated-expression.ts';
import { ARRAYS, GLOBAL_LONGS, GLOBAL_STRINGS, STATISTICS, type GeneratedScope } from './generated-scope.ts';
import { StatementGenerator } from './generated-statement.ts';
import { statePrinted } from './generated-program.ts';

/** Where generated handlers are, and what they know there: every width and sign of an argument. */
export const EVENT = {
  point: 'kernel.trace("kmem:kmalloc")',
  arguments: ['$call_site', '$bytes_req', '$bytes_alloc', '$gfp_flags', '$node'],
} as const;

const LONGS = [...EVENT.arguments, 'x', 'y', 'bound', 'pid()', 'tid()', 'entered[tid()]'];
const CONSTANTS = [
  '0',
  '1',
  '2',
  '(-3)',
  '7',
  '1000',
  '4294967296',
  '0x7fffffffffffffff',
  '(-9223372036854775807)',
];
const TEXTS = ['execname()', '"node"', '""', '"\\xff"', 'sl', '"a text of more than 16 bytes"'];
const FORMATS = ['%d', '%x', '%5d', '%-8x', '%#x', '%05d', '%u', '%c', '%o', '%+d', '%ld', '%.3d'];

/**
 * A script whose handler of an event has a form for the kernel: what it changes commutes or belongs to the thread. An
 * `end` probe prints everything that it leaves.
 */
export function generateKernelHandler(numbers: readonly number[]): string {
  return new KernelHandlerGenerator(new Entropy(numbers)).script();
}

/** A script whose handler of an event may be anything that the language has. */
export function generateAnyHandler(numbers: readonly number[]): string {
  const entropy = new Entropy(numbers);
  const expressions = new ExpressionGenerator(entropy);
  const statements = new StatementGenerator(entropy, expressions);
  const scope: GeneratedScope = {
    body: 'probe',
    longs: ['l0', 'l1', 'l2', ...GLOBAL_LONGS],
    counters: EVENT.arguments,
    strings: ['sl0', 'sl1', ...GLOBAL_STRINGS],
    functions: [],
    iterated: [],
    changes: new Set(),
    isInLoop: false,
  };
  const globals = [...ARRAYS.map(({ declaration }) => declaration), ...STATISTICS.map(({ name }) => name)];
  return [
    `global n0 = 3, n1 = 7, s0 = "zero", s1 = ""`,
    `global ${globals.join(', ')}`,
    `probe ${EVENT.point} {\n${statements.elements()}\n${statements.block(scope)}`,
    'printf("%d %d %d %s %s\\n", l0, l1, l2, sl0, sl1) }',
    statePrinted(),
  ].join('\n');
}

/**
 * The same over and over, without anything that depends on order: threads, messages and ends. However many processors run it at once, it leaves
 * what it leaves one time after the other, but for the order of elements.
 */
export function generateCommutingHandler(numbers: readonly number[]): string {
  return new KernelHandlerGenerator(new Entropy(numbers), true).script();
}

/** Kinds of simple statements that commute, see `#simple`. */
const COMMUTING = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16] as const;

class KernelHandlerGenerator {
  readonly #entropy: Entropy;
  readonly #isCommuting: boolean;
  readonly #longs: readonly string[];
  readonly #texts: readonly string[];
  #depth = 0;
  #hasLoop = false;

  constructor(entropy: Entropy, isCommuting = false) {
    this.#entropy = entropy;
    this.#isCommuting = isCommuting;
    this.#hasLoop = isCommuting;
    this.#longs = isCommuting ? LONGS.filter((name) => !name.includes('tid')) : LONGS;
    this.#texts = isCommuting ? TEXTS.filter((text) => text !== 'execname()') : TEXTS;
  }

  script(): string {
    const count = 1 + this.#entropy.below(this.#isCommuting ? 3 : 6);
    const statements = Array.from({ length: count }, () => this.#statement());
    return [
      'global n = 0, m = 5, a, b, c[3], q, qh, ql, entered, bound = 5',
      'function larger(one, other) { if (one > other) return one; return other }',
      'function shifted(one) { one += 3; return one * one }',
      `probe ${EVENT.point} { x = 0; y = 0; sl = ""; i = 0;`,
      `  if (bound < 0) { entered[tid()] = x + y; sl = execname() }`,
      this.#isCommuting
        ? `  for (i = 0; i < 4; i++) { ${statements.join('; ')} } }`
        : `  ${statements.join(';\n  ')} }`,
      'probe never { q <<< 1; qh[1] <<< 1; ql <<< 1; c["", 1]++; b["", 1]++; a[1]++; println(@hist_log(ql)) }',
      'probe end, error {',
      '  println(n, " ", m, " ", @count(q), " ", @count(ql)); if (@count(q)) println(@sum(q), " ", @min(q), " ", @max(q), " ", @avg(q))',
      '  foreach (k in a) printf("a %d %d\\n", k, a[k])',
      '  foreach (k in entered) printf("entered %d\\n", entered[k])',
      '  foreach ([sk, k] in b) printf("b %s %d %d\\n", sk, k, b[sk, k])',
      '  foreach ([sk, k] in c+) printf("c %s %d %d\\n", sk, k, c[sk, k])',
      '  foreach (k in qh) printf("qh %d %d %d %d %d\\n", k, @count(qh[k]), @sum(qh[k]), @min(qh[k]), @max(qh[k]))',
      '  if (@count(ql)) print(@hist_log(ql))',
      '}',
    ].join('\n');
  }

  #statement(): string {
    if (this.#depth >= 3 || this.#entropy.isUsedUp) return this.#simple();
    this.#depth++;
    const text = this.#compound();
    this.#depth--;
    return text;
  }

  #compound(): string {
    switch (this.#entropy.below(12)) {
      case 0:
        return `if (${this.#condition()}) ${this.#block()}`;
      case 1:
        return `if (${this.#condition()}) ${this.#block()} else ${this.#block()}`;
      case 2:
        return this.#loop();
      case 3:
        return this.#leaving();
      default:
        return this.#simple();
    }
  }

  #block(): string {
    const count = 1 + this.#entropy.below(3);
    return `{ ${Array.from({ length: count }, () => this.#statement()).join('; ')} }`;
  }

  #loop(): string {
    // A loop in a loop stays out of the kernel, and next in a loop too.
    if (this.#hasLoop) return this.#simple();
    this.#hasLoop = true;
    const rounds = this.#entropy.below(6);
    const head = this.#entropy.pick([
      `for (i = 0; i < ${rounds}; i++)`,
      `for (i = ${rounds}; i > 0; --i)`,
      `while (i++ < ${rounds} && ${this.#condition()})`,
    ]);
    const skip = this.#entropy.oneIn(2) ? `if (${this.#condition()}) continue; ` : '';
    const body = `${this.#simple()}; ${this.#simple()}`;
    const stop = this.#entropy.oneIn(2) ? `; if (${this.#condition()}) break` : '';
    this.#hasLoop = false;
    return `${head} { ${skip}${body}${stop} }`;
  }

  #leaving(): string {
    if (this.#isCommuting) return `if (${this.#condition()}) continue`;
    const left = this.#entropy.pick(['next', 'error("own failure")', '{ println("over"); exit() }']);
    return `if (${this.#condition()}) ${left}`;
  }

  #simple(): string {
    const long = (): string => this.#long();
    switch (this.#isCommuting ? this.#entropy.pick(COMMUTING) : this.#entropy.below(18)) {
      case 0:
        return `n += ${long()}`;
      case 1:
        return `m -= ${long()}`;
      case 2:
        return this.#entropy.pick(['n++', 'm--', 'x++', '--y', 'delete entered[tid()]']);
      case 3:
        return `a[(${long()}) & 7]++`;
      case 4:
        return `a[${long()}] += ${long()}`;
      case 5:
        return `b[${this.#text()}, (${long()}) & 3] -= ${long()}`;
      case 6:
        return `c[${this.#condition()} ? "odd" : "even", (${long()}) % 2]++`;
      case 7:
        return `q <<< ${long()}`;
      case 8:
        return `qh[(${long()}) & 3] <<< ${long()}`;
      case 9:
        return `ql <<< ${long()}`;
      case 10:
        return `entered[tid()] ${this.#entropy.pick(['=', '+=', '-='])} ${long()}`;
      case 11:
        return `sl = ${this.#text()}`;
      case 12:
        return `printf("${this.#entropy.pick(FORMATS)} ${this.#entropy.pick(FORMATS)} %s|", ${long()}, ${long()}, ${this.#text()})`;
      case 13:
        return `${this.#entropy.pick(['println(', 'printd("-", ', 'printdln(",", 1, '])}${long()}, ${this.#text()})`;
      case 14:
        return `n += ${long()} / ((${long()}) & 7)`;
      case 15:
        return `m += ${long()} % ((${long()}) | 1)`;
      default:
        return `${this.#entropy.pick(['x', 'y'])} ${this.#entropy.pick(['=', '+=', '^=', '*=', '|='])} ${long()}`;
    }
  }

  #long(): string {
    if (this.#depth >= 5 || this.#entropy.isUsedUp || this.#entropy.below(3) === 0)
      return this.#entropy.pick(this.#entropy.oneIn(3) ? CONSTANTS : this.#longs);
    this.#depth++;
    const text = this.#tree();
    this.#depth--;
    return text;
  }

  #tree(): string {
    const long = (): string => this.#long();
    switch (this.#entropy.below(14)) {
      case 0:
      case 1:
      case 2:
        return `(${long()} ${this.#entropy.pick(['+', '-', '*', '&', '|', '^'])} ${long()})`;
      case 3:
        return `(${long()} ${this.#entropy.pick(['<<', '>>', '>>>'])} ${this.#entropy.pick(['1', '8', '63', '0', '$node', 'x'])})`;
      case 4:
        return `(${long()} ${this.#entropy.pick(['/', '%'])} ${this.#entropy.pick(['3', '(-7)', '16', '(-1)'])})`;
      case 5:
        return `(${this.#entropy.pick(['-', '~', '!'])}${long()})`;
      case 6:
        return `(${this.#entropy.pick(['x', 'y'])} = ${long()})`;
      case 7:
        return this.#entropy.pick(['(x++)', '(--y)', '(x--)']);
      case 8:
        return `(${this.#condition()} ? ${long()} : ${long()})`;
      case 9:
        return `larger(${long()}, ${long()})`;
      case 10:
        return `shifted(${long()})`;
      case 11:
        return `strlen(${this.#text()})`;
      default:
        return this.#condition();
    }
  }

  #condition(): string {
    switch (this.#entropy.below(this.#depth >= 5 ? 3 : 6)) {
      case 0:
        return this.#isCommuting ? '(x > y)' : '([tid()] in entered)';
      case 1:
        return `(${this.#text()} ${this.#entropy.pick(['==', '!=', '<', '>='])} ${this.#text()})`;
      case 2:
        return `(${this.#entropy.pick(this.#longs)} ${this.#entropy.pick(['>', '<='])} 1)`;
      case 3:
        return `(${this.#long()} ${this.#entropy.pick(['==', '!=', '<', '<=', '>', '>='])} ${this.#long()})`;
      case 4:
        return this.#joined();
      default:
        return `(!${this.#long()})`;
    }
  }

  #joined(): string {
    this.#depth++;
    const text = `(${this.#condition()} ${this.#entropy.pick(['&&', '||'])} ${this.#condition()})`;
    this.#depth--;
    return text;
  }

  #text(): string {
    return this.#entropy.pick(this.#texts);
  }
}
