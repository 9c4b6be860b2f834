import type { FunctionDeclaration, ProbeDeclaration, ScriptFile } from '../../src/ast/declaration.ts';
import type { Expression } from '../../src/ast/expression.ts';
import type { Delete, For, Foreach, Statement, Try } from '../../src/ast/statement.ts';
import { fits, type Entry, type Key } from './reference-array.ts';
import { Abort, ScriptFailure, TooLong } from './reference-failure.ts';
import { ReferenceEvaluator, shapeOf, type Surroundings } from './reference-expression.ts';
import { libraryFunction } from './reference-library.ts';
import { defaultOf, ReferenceFrame, ReferenceGlobals } from './reference-scope.ts';
import { ReferenceStatistic } from './reference-statistic.ts';

/** What a script did: its output, and the messages of errors that nothing caught. */
export interface ReferenceRun {
  readonly output: string;
  readonly errors: readonly string[];
}

/** An event at which every `kernel` probe fires. */
export interface ReferenceEvent {
  /** Context variables by name, with the `$`. */
  readonly targets: ReadonlyMap<string, bigint>;
  /** What library functions without arguments say at the event. */
  readonly functions: ReadonlyMap<string, Key>;
}

/** Options of the session that make a difference. */
export interface ReferenceOptions {
  /** MAXSTRINGLEN */
  readonly maxStringLength: number;
  /** MAXNESTING */
  readonly maxNesting: number;
  /** Probes at one point run as one handler; not so with `-u`. */
  readonly combinesProbes: boolean;
  /** Statements after which `TooLong` is thrown. */
  readonly maxSteps: number;
  /** What happens between the `begin` and the `end` probes. */
  readonly events?: readonly ReferenceEvent[];
}

/** How a statement ended. */
type Completion = 'normal' | 'break' | 'continue' | 'next' | { readonly result: Key | undefined };

/**
 * Runs a parsed script that has `begin`, `end`, `error` and `kernel` probes only. It knows no types: names of variables
 * that hold strings, and of functions that return them, begin with `s`.
 */
export function interpret(file: ScriptFile, options: ReferenceOptions): ReferenceRun {
  return new ReferenceInterpreter(file, options).run();
}

class ReferenceInterpreter {
  readonly #file: ScriptFile;
  readonly #options: ReferenceOptions;
  readonly #globals: ReferenceGlobals;
  readonly #surroundings: Surroundings;
  readonly #errors: string[] = [];
  #output = '';
  #steps = 0;
  #depth = 0;
  #exiting = false;
  #event: ReferenceEvent | undefined;

  constructor(file: ScriptFile, options: ReferenceOptions) {
    this.#file = file;
    this.#options = options;
    this.#globals = new ReferenceGlobals(file.globals);
    this.#surroundings = {
      globals: this.#globals,
      maxStringLength: options.maxStringLength,
      print: (text) => {
        this.#output += text;
      },
      call: (name, args) => this.#call(name, args),
      target: (name) => {
        const value = this.#event?.targets.get(name);
        if (value === undefined) throw new TypeError(`the event has no ${name}`);
        return value;
      },
    };
  }

  run(): ReferenceRun {
    for (const group of this.#groups('begin')) {
      if (this.#exiting || this.#errors.length > 0) break;
      this.#handler(group);
    }
    for (const event of this.#options.events ?? []) {
      if (this.#exiting || this.#errors.length > 0) break;
      this.#event = event;
      for (const group of this.#groups('kernel')) this.#handler(group);
    }
    for (const group of this.#errors.length > 0 ? [] : this.#groups('end')) {
      if (this.#errors.length > 0) break;
      this.#handler(group);
    }
    if (this.#errors.length > 0) for (const group of this.#groups('error')) this.#handler(group);
    return { output: this.#output, errors: this.#errors };
  }

  /** The probes of a kind by priority, those that make one handler together. */
  #groups(kind: string): readonly (readonly ProbeDeclaration[])[] {
    const found = this.#file.probes.flatMap((probe) =>
      probe.points
        .map((point) => point.components[0])
        .filter((component) => component?.name === kind)
        .map((component) => {
          const priority = component?.argument?.kind === 'number' ? component.argument.value : undefined;
          return { probe, priority: Number(priority ?? 0), point: String(priority) };
        }),
    );
    found.sort((left, right) => left.priority - right.priority);
    const groups = new Map<unknown, ProbeDeclaration[]>();
    for (const { probe, point } of found) {
      const key = this.#options.combinesProbes ? point : probe;
      groups.set(key, [...(groups.get(key) ?? []), probe]);
    }
    return [...groups.values()];
  }

  #handler(probes: readonly ProbeDeclaration[]): void {
    let last: string | undefined;
    for (const { body } of probes) {
      this.#depth = 0;
      try {
        new ReferenceBody(this.#surroundings, this.#step, new ReferenceFrame(this.#globals)).execute(body);
      } catch (error) {
        if (error instanceof Abort) {
          this.#exiting = true;
          break;
        }
        if (!(error instanceof ScriptFailure)) throw error;
        last = error.message;
      }
    }
    if (last !== undefined) this.#errors.push(last);
  }

  readonly #step = (): void => {
    if (++this.#steps > this.#options.maxSteps) throw new TooLong();
  };

  #call(name: string, args: readonly Key[]): Key {
    const candidates = this.#file.functions
      .filter((candidate) => candidate.name === name && candidate.parameters.length === args.length)
      .sort((left, right) => Number(left.priority ?? 0) - Number(right.priority ?? 0));
    if (candidates.length === 0) return this.#callLibrary(name, args);
    for (const candidate of candidates) {
      const completion = this.#callFunction(candidate, args);
      if (completion === 'next') continue;
      return typeof completion === 'object' ? (completion.result ?? 0n) : defaultOf(name);
    }
    throw new ScriptFailure('all functions exhausted');
  }

  #callFunction({ parameters, body }: FunctionDeclaration, args: readonly Key[]): Completion {
    if (body.kind !== 'block') throw new TypeError('embedded code');
    if (this.#depth >= this.#options.maxNesting) throw new ScriptFailure('MAXNESTING exceeded');
    this.#depth++;
    try {
      const given = parameters.map(({ name }, position) => [name, args[position] ?? 0n] as const);
      const frame = new ReferenceFrame(this.#globals, new Map(given));
      return new ReferenceBody(this.#surroundings, this.#step, frame).execute(body);
    } finally {
      this.#depth--;
    }
  }

  #callLibrary(name: string, args: readonly Key[]): Key {
    if (name === 'error') throw new ScriptFailure(String(args[0]));
    if (name === 'abort') throw new Abort();
    if (name === 'exit') {
      this.#exiting = true;
      return 0n;
    }
    const atEvent = this.#event?.functions.get(name);
    if (atEvent !== undefined) return atEvent;
    const found = libraryFunction(name);
    if (found === undefined) throw new TypeError(`no function ${name}`);
    const result = found(...args);
    const length = this.#options.maxStringLength - 1;
    return typeof result === 'string' ? result.substring(0, length) : result;
  }
}

/** Executes the statements of one probe or function body. */
class ReferenceBody {
  readonly #surroundings: Surroundings;
  readonly #step: () => void;
  readonly #frame: ReferenceFrame;
  readonly #evaluator: ReferenceEvaluator;

  constructor(surroundings: Surroundings, step: () => void, frame: ReferenceFrame) {
    this.#surroundings = surroundings;
    this.#step = step;
    this.#frame = frame;
    this.#evaluator = new ReferenceEvaluator(surroundings, frame);
  }

  execute(statement: Statement): Completion {
    this.#step();
    switch (statement.kind) {
      case 'null':
        return 'normal';
      case 'block':
        for (const child of statement.statements) {
          const completion = this.execute(child);
          if (completion !== 'normal') return completion;
        }
        return 'normal';
      case 'expression-statement':
        this.#evaluator.value(statement.expression);
        return 'normal';
      case 'if': {
        const chosen = this.#evaluator.isTrue(statement.condition)
          ? statement.consequent
          : statement.alternate;
        return chosen === undefined ? 'normal' : this.execute(chosen);
      }
      case 'for':
        return this.#for(statement);
      case 'foreach':
        return this.#foreach(statement);
      case 'try':
        return this.#try(statement);
      case 'return':
        return { result: statement.value && this.#evaluator.value(statement.value) };
      case 'delete':
        this.#delete(statement);
        return 'normal';
      case 'next':
      case 'break':
      case 'continue':
        return statement.kind;
    }
  }

  #for({ init, condition, update, body }: For): Completion {
    if (init !== undefined) this.#evaluator.value(init.expression);
    while (this.#evaluator.isTrue(condition)) {
      const completion = this.execute(body);
      if (completion === 'break') break;
      if (completion !== 'normal' && completion !== 'continue') return completion;
      if (update !== undefined) this.#evaluator.value(update.expression);
    }
    return 'normal';
  }

  #foreach(loop: Foreach): Completion {
    const slice = loop.slice && this.#evaluator.pattern(loop.slice);
    const limit = loop.limit && this.#evaluator.long(loop.limit);
    let left = limit ?? 1n << 62n;
    for (const { keys, value, isGone } of this.#rounds(loop, limit)) {
      if (isGone()) break;
      if (slice !== undefined && !fits({ keys, value }, slice)) continue;
      if (left-- <= 0n) break;
      loop.keys.forEach((key, position) => this.#frame.write(key.name, keys[position] ?? 0n));
      if (loop.value !== undefined) this.#frame.write(loop.value.name, value);
      const completion = this.execute(loop.body);
      if (completion === 'break') break;
      if (completion !== 'normal' && completion !== 'continue') return completion;
    }
    return 'normal';
  }

  /** What a foreach goes through, after its sort. `isGone`: the body has deleted the array. */
  #rounds(loop: Foreach, limit: bigint | undefined): readonly (Entry & { isGone: () => boolean })[] {
    if (loop.base.kind === 'histogram') {
      const counts = this.#evaluator.statistic(loop.base.operand).buckets(shapeOf(loop.base));
      return counts.map((value, index) => ({ keys: [BigInt(index)], value, isGone: () => false }));
    }
    const array = this.#surroundings.globals.array(loop.base.name);
    if (loop.sort !== undefined) {
      const { by, ascending, aggregate } = loop.sort;
      array.sort((entry) => sortKey(entry, by, aggregate), ascending, limit);
    }
    return array.entries.map(({ keys, value }) => ({
      keys,
      value,
      isGone: () => array.entries.length === 0,
    }));
  }

  #try({ body, error: name, handler }: Try): Completion {
    try {
      return this.execute(body);
    } catch (error) {
      if (!(error instanceof ScriptFailure)) throw error;
      if (name !== undefined) this.#frame.write(name.name, this.#evaluator.clip(error.message));
    }
    return this.execute(handler);
  }

  #delete({ operand }: Delete): void {
    if (operand.kind === 'variable') this.#deleteWhole(operand);
    else if (operand.kind === 'index' && operand.base.kind === 'variable')
      this.#surroundings.globals.array(operand.base.name).remove(this.#evaluator.pattern(operand.keys));
    else throw new TypeError('no operand of delete');
  }

  #deleteWhole(operand: Extract<Expression, { kind: 'variable' }>): void {
    if (this.#surroundings.globals.has(operand.name)) this.#surroundings.globals.clear(operand.name);
    else this.#frame.write(operand.name, defaultOf(operand.name));
  }
}

function sortKey({ keys, value }: Entry, by: number | 'value', aggregate: string | undefined): Key {
  if (typeof by === 'number') return keys[by] ?? 0n;
  if (!(value instanceof ReferenceStatistic)) return value;
  // There is no order by variance; the count decides.
  const name = aggregate === undefined || aggregate === 'variance' ? 'count' : aggregate;
  return value.extract(name, 0n, true);
}
