import type { FunctionDeclaration, GlobalDeclaration, ScriptFile } from '../ast/declaration.ts';
import type { Call, Expression, Histogram, Index, Variable, Wildcard } from '../ast/expression.ts';
import type { Block, Foreach, Statement } from '../ast/statement.ts';
import { childExpressions, childStatements, statementExpressions } from '../ast/walk.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { ContextCallee } from '../probes/context-variable.ts';
import { similarNames } from '../probes/similar-names.ts';
import type { Token } from '../source/token.ts';
import type { Declared, DeclarationIndex } from './declaration-index.ts';
import type { Draft } from './draft.ts';
import { FunctionSymbols, mayFallThrough } from './function-symbols.ts';
import { mangleName } from './mangle.ts';
import { semanticError } from './messages.ts';
import type { DerivedProbe, FunctionSymbol, VariableSymbol } from './program.ts';

/** What the resolver tells the work list. */
export interface ResolutionEvents {
  /** A declaration of that file is used now; called for script files too. */
  fileUsed(file: ScriptFile): void;
  /** A name means nothing. The leaf gets a stand-in, so that the rest of the body can be looked at. */
  report(diagnostic: Diagnostic): void;
}

/** Where names are looked up first: the flat scope of one body. */
interface Scope {
  readonly kind: 'probe' | 'function' | 'condition';
  readonly names: Map<string, VariableSymbol>;
  readonly locals: VariableSymbol[];
  readonly contextCallees: ReadonlyMap<unknown, ContextCallee>;
}

/**
 * Name resolution: gives every leaf its symbol, creates locals, and adds globals and functions to the draft when
 * something first refers to them.
 */
export class NameResolver {
  readonly #draft: Draft;
  readonly #index: DeclarationIndex;
  readonly #events: ResolutionEvents;
  readonly #functionSymbols = new FunctionSymbols();
  readonly #globals = new Map<GlobalDeclaration, VariableSymbol>();
  readonly #listed = new Set<FunctionSymbol>();
  readonly #localsOf = new WeakMap<Block, readonly VariableSymbol[]>();
  readonly #arityTokens = new Map<VariableSymbol, Token>();

  constructor(draft: Draft, index: DeclarationIndex, events: ResolutionEvents) {
    this.#draft = draft;
    this.#index = index;
    this.#events = events;
  }

  /** Resolves body and condition of a probe and sets its locals. */
  resolveProbe(probe: DerivedProbe): void {
    // Probes may have the same body: then they have the same locals too.
    const known = this.#localsOf.get(probe.body);
    const scope = newScope('probe', probe.contextCallees);
    if (known === undefined) {
      this.#statement(probe.body, scope);
      this.#localsOf.set(probe.body, scope.locals);
    }
    probe.locals = known ?? scope.locals;
    if (probe.condition) this.#expression(probe.condition, newScope('condition', probe.contextCallees));
  }

  /** Resolves the script body of a function and sets its locals; nothing for the others. */
  resolveFunction(symbol: FunctionSymbol, contextCallees: Scope['contextCallees']): void {
    if (symbol.body.kind !== 'script') return;
    const scope = newScope('function', contextCallees);
    for (const parameter of symbol.parameters) scope.names.set(parameter.name, parameter);
    this.#statement(symbol.body.block, scope);
    symbol.locals = scope.locals;
  }

  #statement(statement: Statement, scope: Scope): void {
    switch (statement.kind) {
      case 'foreach':
        this.#foreach(statement, scope);
        break;
      case 'for':
        if (statement.init) this.#statement(statement.init, scope);
        this.#expression(statement.condition, scope);
        if (statement.update) this.#statement(statement.update, scope);
        this.#statement(statement.body, scope);
        break;
      case 'try':
        this.#statement(statement.body, scope);
        if (statement.error) this.#scalar(statement.error, scope);
        this.#statement(statement.handler, scope);
        break;
      case 'delete':
        this.#deleteOperand(statement.operand, scope);
        break;
      default:
        for (const child of statementExpressions(statement)) this.#expression(child, scope);
        for (const child of childStatements(statement)) this.#statement(child, scope);
    }
  }

  #deleteOperand(operand: Expression, scope: Scope): void {
    if (operand.kind !== 'variable') {
      this.#expression(operand, scope);
      return;
    }
    // A whole array or a scalar: no arity is implied.
    const symbol = this.#lookUp(operand, scope);
    if (symbol === undefined)
      this.#report('unresolved-delete', 'unresolved array in delete statement', operand.token);
    this.#draft.symbols.bindVariable(operand, symbol ?? newLocal(operand));
  }

  #foreach(statement: Foreach, scope: Scope): void {
    for (const key of statement.keys) this.#scalar(key, scope);
    this.#keys(statement.slice ?? [], scope);
    if (statement.base.kind === 'variable') {
      const arity = statement.keys.length;
      this.#array(statement.base, arity, scope);
      const sliceArity = statement.slice?.length ?? arity;
      if (sliceArity !== arity) {
        const { mangledName } = this.#draft.symbols.variable(statement.base);
        this.#noArray(statement.base, sliceArity, mangledName);
      }
    } else {
      this.#expression(statement.base, scope);
    }
    if (statement.value) this.#scalar(statement.value, scope);
    if (statement.limit) this.#expression(statement.limit, scope);
    this.#statement(statement.body, scope);
  }

  #keys(keys: readonly (Expression | Wildcard)[], scope: Scope): void {
    for (const key of keys) if (key.kind !== 'wildcard') this.#expression(key, scope);
  }

  #expression(expression: Expression, scope: Scope): void {
    switch (expression.kind) {
      case 'variable':
        this.#scalar(expression, scope);
        break;
      case 'index':
        this.#keys(expression.keys, scope);
        this.#base(expression, scope);
        break;
      case 'membership':
        this.#keys(expression.keys, scope);
        this.#array(expression.array, expression.keys.length, scope);
        break;
      case 'call':
        for (const argument of expression.args) this.#expression(argument, scope);
        this.#call(expression, scope);
        break;
      case 'embedded':
        this.#report('embedded-code-unsupported', 'embedded C code is not supported', expression.token);
        break;
      default:
        for (const child of childExpressions(expression)) this.#expression(child, scope);
    }
  }

  #base(expression: Index, scope: Scope): void {
    const base: Variable | Histogram = expression.base;
    if (base.kind === 'variable') this.#array(base, expression.keys.length, scope);
    else this.#expression(base, scope);
  }

  #array(leaf: Variable, arity: number, scope: Scope): void {
    const found = this.#lookUp(leaf, scope);
    if (found === undefined || found.scope === 'parameter') {
      this.#noArray(leaf, arity);
      return;
    }
    this.#setArity(found, arity, leaf.token);
    this.#draft.symbols.bindVariable(leaf, found);
  }

  #noArray(leaf: Variable, arity: number, name = leaf.name): void {
    const message = `unresolved arity-${arity} global array ${name}, missing global declaration?`;
    this.#report('unresolved-array', message, leaf.token);
    this.#draft.symbols.bindVariable(leaf, newLocal(leaf));
  }

  #report(code: string, message: string, token: Token): void {
    this.#events.report(semanticError(code, message, token));
  }

  #scalar(leaf: Variable, scope: Scope): void {
    const symbol = this.#lookUp(leaf, scope) ?? this.#newLocal(leaf, scope);
    this.#setArity(symbol, 0, leaf.token);
    this.#draft.symbols.bindVariable(leaf, symbol);
  }

  #lookUp(leaf: Variable, scope: Scope): VariableSymbol | undefined {
    const local = scope.names.get(leaf.name);
    if (local !== undefined) return local;
    const declared = this.#index.global(leaf.name, leaf.token.file);
    return declared && this.#global(declared);
  }

  #newLocal(leaf: Variable, scope: Scope): VariableSymbol {
    if (scope.kind === 'condition') {
      const message = 'probe condition must not reference undeclared global';
      this.#report('condition-undeclared-global', message, leaf.token);
    }
    const symbol = newLocal(leaf);
    scope.names.set(leaf.name, symbol);
    scope.locals.push(symbol);
    return symbol;
  }

  #global({ declaration, file }: Declared<GlobalDeclaration>): VariableSymbol {
    const known = this.#globals.get(declaration);
    if (known !== undefined) return known;
    const { name, token, initial } = declaration;
    const symbol: VariableSymbol = {
      scope: 'global',
      name,
      mangledName: mangleName(name, declaration.isPrivate, file.source),
      token,
      declaration,
      arity: initial === undefined ? undefined : 0,
      type: initial === undefined ? 'unknown' : initial.kind === 'number' ? 'long' : 'string',
      keyTypes: [],
      varianceShift: 0,
    };
    if (initial !== undefined) this.#arityTokens.set(symbol, token);
    this.#globals.set(declaration, symbol);
    this.#draft.globals.push(symbol);
    this.#events.fileUsed(file);
    return symbol;
  }

  #setArity(symbol: VariableSymbol, arity: number, token: Token): void {
    if (symbol.arity === undefined) {
      symbol.arity = arity;
      symbol.keyTypes = Array.from({ length: arity }, () => 'unknown');
      this.#arityTokens.set(symbol, token);
    } else if (symbol.arity !== arity) {
      const first = semanticError(
        'arity-first-inferred',
        `arity ${symbol.arity} first inferred here`,
        this.#arityTokens.get(symbol) ?? symbol.token,
      );
      const message = `inconsistent arity (${symbol.arity} vs ${arity})`;
      this.#events.report(semanticError('inconsistent-arity', message, token, first));
    }
  }

  #call(call: Call, scope: Scope): void {
    const candidates = this.#candidates(call, scope);
    this.#draft.symbols.bindFunctions(call.callee, candidates);
    for (const candidate of candidates) {
      if (this.#listed.has(candidate)) continue;
      this.#listed.add(candidate);
      this.#draft.functions.push(candidate);
    }
  }

  #candidates(call: Call, scope: Scope): readonly FunctionSymbol[] {
    const { callee } = call;
    const context = scope.contextCallees.get(callee);
    if (context !== undefined) return [this.#functionSymbols.ofContext(context, callee.token)];
    if (scope.kind === 'condition') {
      this.#report('condition-function', 'probe condition must not reference function', callee.token);
      return [];
    }
    const named = this.#index.functions(callee.name, callee.token.file);
    const fitting = named.filter(({ declaration }) => declaration.parameters.length === call.args.length);
    if (fitting.length === 0) {
      this.#events.report(this.#noFunction(call, named.at(-1)));
      return [];
    }
    const symbols = fitting.map((declared) => ({
      symbol: this.#functionSymbols.ofDeclaration(declared, this.#events),
      file: declared.file,
    }));
    symbols.sort((left, right) => left.symbol.priority - right.symbol.priority);
    // A candidate is reached only through a `next` of the one before it.
    const last = symbols.findIndex(({ symbol }) => !mayFallThrough(symbol));
    const reachable = last < 0 ? symbols : symbols.slice(0, last + 1);
    for (const { file } of reachable) this.#events.fileUsed(file);
    return reachable.map(({ symbol }) => symbol);
  }

  #noFunction(call: Call, other: Declared<FunctionDeclaration> | undefined): Diagnostic {
    const { name, token } = call.callee;
    if (other === undefined) {
      const similar = similarNames(name, this.#index.functionNames());
      const hint = similar === '' ? '' : ` (similar: ${similar})`;
      return semanticError('unresolved-function', `unresolved function ${name}${hint}`, token);
    }
    const count = other.declaration.parameters.length;
    const message = `arity mismatch found (function '${name}' takes ${count} args)`;
    const diagnostic = semanticError('arity-mismatch', message, token);
    return { ...diagnostic, token2: other.declaration.token };
  }
}

function newScope(kind: Scope['kind'], contextCallees: Scope['contextCallees']): Scope {
  return { kind, names: new Map(), locals: [], contextCallees };
}

function newLocal({ name, token }: Variable): VariableSymbol {
  return {
    scope: 'local',
    name,
    mangledName: name,
    token,
    arity: undefined,
    type: 'unknown',
    keyTypes: [],
    varianceShift: 0,
  };
}
