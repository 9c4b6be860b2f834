import type { Assignment, Call, Expression, Index, Print, Variable, Wildcard } from '../ast/expression.ts';
import type { Token } from '../source/token.ts';
import type { Draft } from './draft.ts';
import { typeOf } from './expression-type.ts';
import { formatArgumentTypes } from './format-argument-types.ts';
import { failure, semanticError } from './messages.ts';
import type { FunctionSymbol, ValueType, VariableSymbol } from './program.ts';
import { requireLvalue } from './lvalue.ts';
import type { TypeOrigin } from './type-findings.ts';
import { TypeFindings } from './type-findings.ts';
import { unresolvedTarget } from './unresolved-target.ts';

/**
 * Types of expressions and symbols, one round at a time. A round visits every use once; a use first takes the type
 * its surroundings ask for, and passes it on to its symbol the next time, so that the first definite type in program
 * order wins. Rounds go on until none of them changes anything; the findings of that last one count.
 */
export class ExpressionInference {
  readonly draft: Draft;
  /** Renewed by `startRound`. */
  findings = new TypeFindings();
  /** True when this round learnt something. */
  changed = false;
  /**
   * Every other eager round reads statements from the last to the first: chains of assignments take two rounds
   * then, whichever way they run.
   */
  backwards = true;
  readonly #nodeTypes = new Map<Expression, ValueType>();
  readonly #origins = new Map<VariableSymbol | FunctionSymbol, Token>();
  readonly #parameterIndex = new Map<VariableSymbol, number>();
  readonly #keyOrigins = new Map<VariableSymbol, (Token | undefined)[]>();

  readonly #eager: boolean;

  /** `eager`: a use tells its symbol at once. Needs far fewer rounds, but blames other places for contradictions. */
  constructor(draft: Draft, eager: boolean) {
    this.draft = draft;
    this.#eager = eager;
    for (const symbol of draft.functions) {
      symbol.parameters.forEach((parameter, index) => this.#parameterIndex.set(parameter, index));
    }
  }

  startRound(): void {
    this.findings = new TypeFindings();
    this.changed = false;
    this.backwards = this.#eager && !this.backwards;
  }

  /** Visits an expression in a place that wants `expected` (`unknown` for no wish); returns its type so far. */
  visit(expression: Expression, expected: ValueType): ValueType {
    switch (expression.kind) {
      case 'number':
        return this.#literal(expression.token, 'long', expected);
      case 'string':
        return this.#literal(expression.token, 'string', expected);
      case 'variable':
        return this.variable(expression, expected);
      case 'index':
        return this.#index(expression, expected);
      case 'call':
        return this.#call(expression, expected);
      case 'print':
        return this.#print(expression);
      case 'assignment':
        return this.#assignment(expression, expected);
      case 'conditional':
        return this.#conditional(expression, expected);
      case 'comparison':
        return this.#comparison(expression, expected);
      case 'concatenation':
        if (expected === 'long' || expected === 'stats') this.findings.invalid(expression.token, expected);
        this.operand(expression.left, 'string');
        this.operand(expression.right, 'string');
        return 'string';
      case 'binary':
      case 'logical':
        return this.#numeric(expression, expected);
      case 'regex':
        this.#fixedLong(expression, expected);
        this.operand(expression.left, 'string');
        return 'long';
      case 'unary':
        this.#fixedLong(expression, expected);
        this.operand(expression.operand, 'long');
        return 'long';
      case 'update':
        if (expected === 'string' || expected === 'stats') this.findings.invalid(expression.token, expected);
        this.operand(expression.operand, 'long');
        return 'long';
      case 'membership':
        this.#fixedLong(expression, expected);
        this.keys(this.draft.symbols.variable(expression.array), expression.keys, true, expression.token);
        this.arrayValue(expression.array);
        return 'long';
      case 'statistic':
        this.visit(expression.operand, 'stats');
        return 'long';
      case 'histogram':
        this.visit(expression.operand, 'stats');
        return 'unknown';
      default:
        return this.#special(expression);
    }
  }

  /** Visits a place that accepts nothing but `wanted`. */
  operand(expression: Expression, wanted: ValueType): void {
    this.#check(expression, this.visit(expression, wanted), wanted);
  }

  /** The type a node has by what was learnt of it so far. */
  nodeType(expression: Expression): ValueType {
    switch (expression.kind) {
      case 'variable':
      case 'index':
      case 'call':
      case 'assignment':
      case 'conditional':
        return this.#nodeTypes.get(expression) ?? 'unknown';
      default:
        return typeOf(expression, this.draft.symbols);
    }
  }

  /** A use of a scalar, or of an element of the array `leaf` when `node` is the index expression. */
  variable(leaf: Variable, expected: ValueType, node: Expression = leaf): ValueType {
    const symbol = this.draft.symbols.variable(leaf);
    const known = this.#nodeTypes.get(node) ?? 'unknown';
    if (symbol.type === 'unknown') {
      if (known !== 'unknown') this.#settle(symbol, known, leaf.token);
      else if (expected === 'unknown') this.findings.unresolved(leaf.token);
      else {
        this.#learnNode(node, expected);
        if (this.#eager) this.#settle(symbol, expected, leaf.token);
      }
    } else if (known !== 'unknown' && known !== symbol.type) {
      this.findings.conflict(leaf.token, known, this.#origin(symbol));
    } else if (known === 'unknown') {
      // Whether that suits the surroundings is the next round's question.
      this.#learnNode(node, symbol.type);
    } else if (expected !== 'unknown' && expected !== symbol.type) {
      this.findings.conflict(leaf.token, expected, this.#origin(symbol));
    }
    return this.#nodeTypes.get(node) ?? 'unknown';
  }

  /** Reports an array whose element type nothing tells. */
  arrayValue(leaf: Variable): void {
    if (this.draft.symbols.variable(leaf).type === 'unknown') this.findings.unresolved(leaf.token);
  }

  /** Key expressions against the key types of an array. */
  keys(
    array: VariableSymbol,
    keys: readonly (Expression | Wildcard)[],
    wildcardsAllowed: boolean,
    token: Token,
  ): void {
    keys.forEach((key, index) => {
      if (key.kind === 'wildcard') {
        if (!wildcardsAllowed)
          this.findings.certain(
            semanticError('wildcard-in-index', 'wildcard not allowed in array index', token),
          );
        return;
      }
      this.#keyed(array, index, key, key.token);
    });
  }

  /** One key of an array, given by an expression or a foreach variable. */
  #keyed(array: VariableSymbol, index: number, key: Expression, token: Token): void {
    const known = array.keyTypes[index] ?? 'unknown';
    const type = this.visit(key, isLiteral(key) ? 'unknown' : known);
    if (type === 'stats') this.findings.invalid(token, type);
    else if (type === 'unknown') this.findings.unresolved(token);
    else if (known === 'unknown') {
      array.keyTypes[index] = type;
      const origins = this.#keyOrigins.get(array) ?? [];
      origins[index] = token;
      this.#keyOrigins.set(array, origins);
      this.changed = true;
    } else if (type !== known) {
      const origin = this.#keyOrigins.get(array)?.[index];
      this.findings.conflict(token, type, { type: known, token: origin, index });
    }
  }

  /** A foreach variable and the key it stands for. */
  foreachKey(array: VariableSymbol, index: number, key: Variable): void {
    this.#keyed(array, index, key, key.token);
  }

  /** A value that a function returns. */
  returned(symbol: FunctionSymbol, value: Expression): void {
    const type = this.visit(value, isLiteral(value) ? 'unknown' : symbol.returnType);
    if (type === 'stats') this.findings.invalid(value.token, type);
    else if (type === 'unknown') return;
    else if (symbol.returnType === 'unknown') this.#settle(symbol, type, value.token);
    else if (symbol.returnType !== type)
      this.findings.conflict(value.token, type, this.#functionOrigin(symbol));
  }

  /** `return` without a value. */
  returnedNothing(symbol: FunctionSymbol, token: Token): void {
    if (symbol.returnType !== 'unknown')
      this.findings.conflict(token, 'unknown', this.#functionOrigin(symbol));
  }

  #index(expression: Index, expected: ValueType): ValueType {
    const { base, keys } = expression;
    if (base.kind === 'histogram') {
      for (const key of keys) if (key.kind !== 'wildcard') this.operand(key, 'long');
      this.visit(base, 'unknown');
      return 'long';
    }
    const type = this.variable(base, expected, expression);
    this.keys(this.draft.symbols.variable(base), keys, false, base.token);
    return type;
  }

  #call(call: Call, expected: ValueType): ValueType {
    const { token } = call.callee;
    for (const symbol of this.draft.symbols.functions(call.callee)) {
      const known = this.#nodeTypes.get(call) ?? 'unknown';
      if (symbol.returnType === 'unknown') {
        if (known !== 'unknown') this.#settle(symbol, known, token);
        else if (expected !== 'unknown') this.#learnNode(call, expected);
      } else if (known !== 'unknown' && known !== symbol.returnType) {
        this.findings.conflict(token, known, this.#functionOrigin(symbol));
      } else if (known === 'unknown') {
        this.#learnNode(call, symbol.returnType);
      } else if (expected !== 'unknown' && expected !== symbol.returnType) {
        this.findings.conflict(token, expected, this.#functionOrigin(symbol));
      }
      call.args.forEach((argument, index) => {
        const parameter = symbol.parameters[index];
        if (parameter !== undefined) this.#argument(argument, parameter);
      });
    }
    return this.#nodeTypes.get(call) ?? 'unknown';
  }

  #argument(argument: Expression, parameter: VariableSymbol): void {
    const { token } = argument;
    const type = this.visit(argument, isLiteral(argument) ? 'unknown' : parameter.type);
    if (type === 'stats') this.findings.invalid(token, type);
    else if (type === 'unknown') this.findings.unresolved(token);
    else if (parameter.type === 'unknown') this.#settle(parameter, type, token);
    else if (parameter.type !== type) this.findings.conflict(token, type, this.#origin(parameter));
  }

  #print(print: Print): ValueType {
    if (print.parts !== undefined) {
      const wanted = formatArgumentTypes(print.parts);
      if (wanted.length !== print.args.length)
        throw failure(
          'print-argument-count',
          'Wrong number of args to formatted print operator',
          print.token,
        );
      print.args.forEach((argument, index) => this.operand(argument, wanted[index] ?? 'long'));
    } else {
      for (const argument of print.args) {
        if (this.visit(argument, 'unknown') === 'unknown' && argument.kind !== 'histogram')
          this.findings.unresolved(argument.token);
      }
    }
    return print.toString ? 'string' : 'long';
  }

  #assignment(node: Assignment, expected: ValueType): ValueType {
    requireLvalue(node);
    const { operator, target, value, token } = node;
    if (operator === '<<<') {
      if (expected === 'string' || expected === 'stats') this.findings.invalid(token, expected);
      this.visit(target, 'stats');
      const type = this.visit(value, 'long');
      if (type === 'string') this.findings.expected(value.token, 'long', type);
      return 'long';
    }
    if (operator !== '=') {
      const wanted = operator === '.=' ? 'string' : 'long';
      if (expected !== 'unknown' && expected !== wanted) this.findings.invalid(token, expected);
      this.operand(target, wanted);
      this.operand(value, wanted);
      return wanted;
    }
    if (this.nodeType(value) === 'stats') {
      this.findings.invalid(value.token, 'stats');
      return 'unknown';
    }
    const known = this.nodeType(value);
    const left = this.visit(target, expected === 'unknown' ? known : expected);
    // A side that has its type already was told to the other one; it need not hear back.
    const wish = expected === 'unknown' && known === 'unknown' ? left : expected;
    const right = this.visit(value, wish);
    if (right === 'stats') {
      this.findings.invalid(value.token, right);
      return 'unknown';
    }
    return this.#agree(node, left === 'unknown' ? this.visit(target, right) : left, right);
  }

  #conditional(node: Extract<Expression, { kind: 'conditional' }>, expected: ValueType): ValueType {
    this.operand(node.condition, 'long');
    const wish = expected === 'unknown' ? (this.#nodeTypes.get(node) ?? 'unknown') : expected;
    const first = this.visit(node.consequent, wish === 'unknown' ? this.nodeType(node.alternate) : wish);
    const second = this.visit(node.alternate, wish === 'unknown' ? first : wish);
    return this.#agree(node, first, second);
  }

  #comparison(node: Extract<Expression, { kind: 'comparison' }>, expected: ValueType): ValueType {
    this.#fixedLong(node, expected);
    const left = this.visit(node.left, this.nodeType(node.right));
    // Where both sides have a type already, the left one has been told.
    const right = this.visit(node.right, this.nodeType(node.right) === 'unknown' ? left : 'unknown');
    if (left !== 'unknown' && right !== 'unknown' && left !== right)
      this.findings.sidesDisagree(node.token, left, right);
    return 'long';
  }

  #agree(node: Expression, left: ValueType, right: ValueType): ValueType {
    if (left !== 'unknown' && right !== 'unknown' && left !== right)
      this.findings.sidesDisagree(node.token, left, right);
    const type = left === 'unknown' ? right : left;
    if (type !== 'unknown' && this.#nodeTypes.get(node) === undefined) this.#learnNode(node, type);
    return type;
  }

  #numeric(node: Extract<Expression, { kind: 'binary' | 'logical' }>, expected: ValueType): ValueType {
    this.#fixedLong(node, expected);
    const left = this.visit(node.left, 'long');
    const right = this.visit(node.right, 'long');
    if (left !== 'unknown' && right !== 'unknown' && left !== right) {
      this.findings.sidesDisagree(node.token, left, right);
    } else {
      this.#check(node.left, left, 'long');
      this.#check(node.right, right, 'long');
    }
    return 'long';
  }

  #special(expression: Expression): ValueType {
    switch (expression.kind) {
      case 'target':
      case 'atvar':
      case 'cast':
      case 'autocast':
        this.#refused(expression);
        return 'unknown';
      case 'entry':
        this.findings.certain(
          semanticError('entry-outside-return', '@entry is only valid in .return probes', expression.token),
        );
        return this.visit(expression.operand, 'unknown');
      case 'perf':
      case 'const':
      case 'enum':
      case 'enumname':
      case 'register':
      case 'dereference':
        this.#refused(expression);
        return typeOf(expression, this.draft.symbols);
      default:
        return typeOf(expression, this.draft.symbols);
    }
  }

  /** With the reason of the probe family, if it gave one. */
  #refused(expression: Expression): void {
    this.findings.certain(this.draft.refusedTargets.get(expression) ?? unresolvedTarget(expression));
  }

  #literal(token: Token, type: ValueType, expected: ValueType): ValueType {
    if (expected !== 'unknown' && expected !== type) this.findings.expected(token, expected, type);
    return type;
  }

  #fixedLong(expression: Expression, expected: ValueType): void {
    if (expected === 'string' || expected === 'stats')
      this.findings.expected(expression.token, expected, 'long');
  }

  #check(expression: Expression, type: ValueType, wanted: ValueType): void {
    if (type === 'unknown' || type === wanted) return;
    // These have complained as invalid operators.
    const { kind } = expression;
    if (kind === 'concatenation' || kind === 'update' || kind === 'assignment') return;
    this.findings.expected(expression.token, wanted, type);
  }

  #settle(symbol: VariableSymbol | FunctionSymbol, type: ValueType, token: Token): void {
    if ('returnType' in symbol) symbol.returnType = type;
    else symbol.type = type;
    this.#origins.set(symbol, token);
    this.changed = true;
  }

  #learnNode(node: Expression, type: ValueType): void {
    this.#nodeTypes.set(node, type);
    this.changed = true;
  }

  #origin(symbol: VariableSymbol): TypeOrigin {
    const index = this.#parameterIndex.get(symbol);
    const token = this.#origins.get(symbol);
    return { type: symbol.type, token, ...(index !== undefined && { index }) };
  }

  #functionOrigin(symbol: FunctionSymbol): TypeOrigin {
    return { type: symbol.returnType, token: this.#origins.get(symbol) };
  }
}

function isLiteral(expression: Expression): boolean {
  return expression.kind === 'number' || expression.kind === 'string';
}
