import type { Call, Comparison, Expression } from '../../ast/expression.ts';
import type { If, Statement } from '../../ast/statement.ts';
import { visitStatement } from '../../ast/walk.ts';
import { CELLS } from '../../module/kernel-part.ts';
import { typeOf } from '../../semantic/expression-type.ts';
import type { Bindings, FunctionSymbol } from '../../semantic/program.ts';
import type { KernelValue, LongExpression, StringExpression } from '../ir.ts';
import { asWordName, FUNCTION_WORDS, HEADER_FACTS, type EventSource } from './event-source.ts';
import {
  binary,
  canFail,
  compareStrings,
  constantValue,
  logical,
  negation,
  nodeCount,
  unary,
  constant,
} from './fold.ts';
import { defaultValue, initialLocals, joinValues, withLocal, type Locals } from './locals.ts';

/** Functions within functions are followed this deep. */
const MAX_DEPTH = 8;
/** Statements of functions that are followed for one call. */
const MAX_STEPS = 500;
/** Nodes of a value; longer ones cost more than they spare. */
const MAX_NODES = 512;
/** Longest text of a script value, as MAXSTRINGLEN is without an option. */
const MAX_TEXT = 511;

/**
 * Evaluates expressions that depend on nothing but the event, constants and known locals, into what a kernel program
 * can compute. Whatever has an effect, or depends on anything else, is undefined; an error at run time is none.
 *
 * One that `guesses` answers also where only one way through the handler is known: what it would be on that way. That
 * is good enough for places of memory to capture, where a wrong one only costs time.
 */
export class ClosedEvaluator {
  readonly #bindings: Bindings;
  readonly #source: EventSource;
  readonly #guesses: boolean;
  /** Functions being inlined, outermost first. */
  readonly #inlined: FunctionSymbol[] = [];
  #stepsLeft = 0;

  constructor(bindings: Bindings, source: EventSource, guesses = false) {
    this.#bindings = bindings;
    this.#source = source;
    this.#guesses = guesses;
  }

  /** Value of either type. */
  value(expression: Expression, locals: Locals): KernelValue | undefined {
    const value = this.#valueOf(expression, locals);
    // Functions within arguments of functions would grow without bounds.
    return value !== undefined && nodeCount(value.value) > MAX_NODES ? undefined : value;
  }

  #valueOf(expression: Expression, locals: Locals): KernelValue | undefined {
    if (expression.kind === 'call') return this.#call(expression, locals);
    if (expression.kind === 'variable') return locals.get(this.#bindings.variable(expression));
    if (expression.kind === 'string') {
      const { value: text } = expression;
      const fits = text.length <= MAX_TEXT && !text.includes('\0');
      return fits ? { type: 'string', value: { kind: 'literal', text } } : undefined;
    }
    if (expression.kind === 'conditional') {
      const condition = this.long(expression.condition, locals);
      if (condition === undefined && !this.#guesses) return undefined;
      const known = condition && constantValue(condition);
      if (known !== undefined)
        return this.value(known === 0 ? expression.alternate : expression.consequent, locals);
      const one = this.value(expression.consequent, locals);
      const other = one || this.#guesses ? this.value(expression.alternate, locals) : undefined;
      return (one && other && joinValues(one, other, condition)) ?? this.#guess(one ?? other);
    }
    const value = this.#operation(expression, locals);
    return value && { type: 'long', value };
  }

  /** Value of an expression of type long. */
  long(expression: Expression, locals: Locals): LongExpression | undefined {
    const value = this.value(expression, locals);
    return value?.type === 'long' ? value.value : undefined;
  }

  /** Value of an expression of type string. */
  string(expression: Expression, locals: Locals): StringExpression | undefined {
    const value = this.value(expression, locals);
    return value?.type === 'string' ? value.value : undefined;
  }

  #operation(expression: Expression, locals: Locals): LongExpression | undefined {
    switch (expression.kind) {
      case 'number':
        return constant(expression.value);
      case 'unary': {
        const operand = this.long(expression.operand, locals);
        if (operand === undefined || expression.operator === '+') return operand;
        return expression.operator === '!' ? negation(operand) : unary(expression.operator, operand);
      }
      case 'binary': {
        const left = this.long(expression.left, locals);
        const right = left && this.long(expression.right, locals);
        return left && right && binary(expression.operator, left, right);
      }
      case 'logical': {
        const left = this.long(expression.left, locals);
        const known = left && constantValue(left);
        if (known !== undefined && (known !== 0) === (expression.operator === '||'))
          return constant(Number(known !== 0));
        const right = left && this.long(expression.right, locals);
        return left && right && logical(expression.operator, left, right);
      }
      case 'comparison':
        return this.#comparison(expression, locals);
      default:
        return undefined;
    }
  }

  #comparison(expression: Comparison, locals: Locals): LongExpression | undefined {
    const { operator } = expression;
    if (typeOf(expression.left, this.#bindings) === 'string') {
      const left = this.string(expression.left, locals);
      const right = left && this.string(expression.right, locals);
      return left && right && compareStrings(operator, left, right);
    }
    const left = this.long(expression.left, locals);
    const right = left && this.long(expression.right, locals);
    return left && right && binary(operator, left, right);
  }

  #call(call: Call, locals: Locals): KernelValue | undefined {
    const [symbol] = this.#bindings.functions(call.callee);
    if (symbol === undefined) return undefined;
    if (symbol.body.kind === 'intrinsic') return this.#intrinsic(symbol.body.name, call.args, locals);
    if (symbol.body.kind !== 'script' || handsOn(symbol.body.block)) return undefined;
    if (this.#inlined.includes(symbol) || this.#inlined.length >= MAX_DEPTH) return undefined;
    let inner = initialLocals([...symbol.locals, ...symbol.parameters]);
    for (const [index, parameter] of symbol.parameters.entries()) {
      const argument = call.args[index];
      // An argument that is not closed may have an effect, so the call is not closed either.
      const value = argument && this.value(argument, locals);
      if (value === undefined) return undefined;
      inner = withLocal(inner, parameter, value);
    }
    if (this.#inlined.length === 0) this.#stepsLeft = MAX_STEPS;
    this.#inlined.push(symbol);
    const result = this.#run([symbol.body.block], inner);
    this.#inlined.pop();
    const shown = this.#showing([...inner.values()], result);
    return shown === 'end' ? defaultValue(symbol.returnType) : shown;
  }

  /** What the statements return; `end` when they come to their end, undefined when that cannot be told. */
  #run(statements: readonly Statement[], locals: Locals): KernelValue | 'end' | undefined {
    const [statement, ...rest] = statements;
    if (statement === undefined) return 'end';
    this.#stepsLeft -= 1;
    if (this.#stepsLeft < 0) return undefined;
    switch (statement.kind) {
      case 'null':
        return this.#run(rest, locals);
      case 'block':
        return this.#run([...statement.statements, ...rest], locals);
      case 'return':
        return statement.value && this.value(statement.value, locals);
      case 'if':
        return this.#branch(statement, rest, locals);
      case 'try':
        return this.#guess(this.#run([statement.body, ...rest], locals));
      case 'expression-statement': {
        const { expression } = statement;
        if (expression.kind !== 'assignment' || expression.operator !== '=') return undefined;
        if (expression.target.kind !== 'variable') return undefined;
        const symbol = this.#bindings.variable(expression.target);
        const value = this.value(expression.value, locals);
        if (value === undefined || symbol.scope === 'global') return undefined;
        return this.#showing([value], this.#run(rest, withLocal(locals, symbol, value)));
      }
      default:
        return undefined;
    }
  }

  #branch(statement: If, rest: readonly Statement[], locals: Locals): KernelValue | 'end' | undefined {
    const condition = this.long(statement.condition, locals);
    if (condition === undefined && !this.#guesses) return undefined;
    const then = [statement.consequent, ...rest];
    const otherwise = statement.alternate ? [statement.alternate, ...rest] : rest;
    const known = condition && constantValue(condition);
    if (known !== undefined) return this.#run(known === 0 ? otherwise : then, locals);
    const one = this.#run(then, locals);
    const other = one || this.#guesses ? this.#run(otherwise, locals) : undefined;
    if (one === undefined || other === undefined) return this.#guess(one ?? other);
    if (one !== 'end' && other !== 'end') return joinValues(one, other, condition) ?? this.#guess(one);
    if (one !== other) return this.#guess(one === 'end' ? other : one);
    return condition && this.#showing([{ type: 'long', value: condition }], one);
  }

  #guess<T>(value: T): T | undefined {
    return this.#guesses ? value : undefined;
  }

  #showing(
    values: readonly KernelValue[],
    result: KernelValue | 'end' | undefined,
  ): KernelValue | 'end' | undefined {
    return this.#guesses ? result : showing(values, result);
  }

  #intrinsic(name: string, args: readonly Expression[], locals: Locals): KernelValue | undefined {
    const value = this.#longIntrinsic(name, args, locals);
    if (value !== undefined) return { type: 'long', value };
    const text = this.#stringIntrinsic(name, args, locals);
    return text && { type: 'string', value: text };
  }

  #longIntrinsic(name: string, args: readonly Expression[], locals: Locals): LongExpression | undefined {
    const fact = HEADER_FACTS[name];
    if (fact !== undefined) return { kind: 'fact', fact };
    // What is captured may be less than what is read, and more than that is seldom there.
    if (name === 'max_string_length') return this.#guess(constant(MAX_TEXT + 1));
    if (name === 'target') return { kind: 'cell', offset: CELLS.target };
    if (name === 'event_word') {
      const [literal] = args;
      const word = literal?.kind === 'string' ? asWordName(literal.value) : undefined;
      return word && this.#source.word(word);
    }
    if (name === 'kernel_read' || name === 'user_read') return this.#read(name, args, locals);
    const words = FUNCTION_WORDS[name] ?? [];
    const [word] = words;
    return words.length === 1 && word !== undefined ? this.#source.word(word) : undefined;
  }

  #read(
    name: 'kernel_read' | 'user_read',
    args: readonly Expression[],
    locals: Locals,
  ): LongExpression | undefined {
    const [address, size, signed] = args.map((arg) => this.long(arg, locals));
    const bytes = size && constantValue(size);
    const isSigned = signed && constantValue(signed);
    if (address === undefined || isSigned === undefined) return undefined;
    if (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8) return undefined;
    return { kind: 'read', space: spaceOf(name), address, size: bytes, signed: isSigned !== 0 };
  }

  #stringIntrinsic(name: string, args: readonly Expression[], locals: Locals): StringExpression | undefined {
    if (name === 'execname') return { kind: 'execname' };
    if (name !== 'kernel_read_string' && name !== 'user_read_string') return undefined;
    const [address, max] = args.map((arg) => this.long(arg, locals));
    const size = max && constantValue(max);
    if (address === undefined || typeof size !== 'number' || size < 1 || size > MAX_TEXT + 1)
      return undefined;
    return { kind: 'read-string', space: spaceOf(name), address, size };
  }
}

/** The address space that an event function reads. */
export function spaceOf(name: string): 'kernel' | 'user' {
  return name.startsWith('kernel') ? 'kernel' : 'user';
}

/** The result of a function; undefined when one of the values on the way to it may fail but the result does not show that. */
function showing(
  values: readonly KernelValue[],
  result: KernelValue | 'end' | undefined,
): KernelValue | 'end' | undefined {
  if (!values.some(({ value }) => canFail(value))) return result;
  return result !== undefined && result !== 'end' && canFail(result.value) ? result : undefined;
}

function handsOn(body: Statement): boolean {
  let found = false;
  visitStatement(body, {
    statement: (inner) => {
      if (inner.kind === 'next') found = true;
      return !found;
    },
  });
  return found;
}
