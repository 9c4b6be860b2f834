import type { Assignment, Expression, Index, Update } from '../../../ast/expression.ts';
import type { VariableSymbol } from '../../../semantic/program.ts';
import type { KernelValue, LongExpression } from '../../ir.ts';
import { constant, unary } from '../fold.ts';
import { refuse } from './cannot-lower.ts';
import type { HandlerScope } from './handler-scope.ts';
import { arithmetic, lowerKeys, lowerLong } from './operands.ts';

const ONE: LongExpression = constant(1);
const MINUS_ONE: LongExpression = constant(-1);

/** `x++` and `x--` whose value nobody wants. */
export function updateEffect(scope: HandlerScope, { operand, operator }: Update): void {
  addTo(scope, operand, () => (operator === '++' ? ONE : MINUS_ONE));
}

/** An assignment whose value nobody wants. */
export function assignmentEffect(scope: HandlerScope, expression: Assignment): void {
  const { operator, target, value } = expression;
  switch (operator) {
    case '<<<':
      aggregate(scope, target, value);
      return;
    case '+=':
      addTo(scope, target, () => lowerLong(scope, value));
      return;
    case '-=':
      addTo(scope, target, () => unary('-', lowerLong(scope, value)));
      return;
    default:
      assignmentValue(scope, expression);
  }
}

/** Value of an assignment: the new one. */
export function assignmentValue(scope: HandlerScope, { operator, target, value }: Assignment): KernelValue {
  if (operator === '<<<') return refuse('uses the value of <<<');
  if (operator === '.=') return refuse('joins strings');
  const place = placeOf(scope, target);
  const right = operator === '=' ? scope.value(value) : undefined;
  if (right !== undefined) return place.set(right);
  const amount = scope.settled({ type: 'long', value: lowerLong(scope, value) });
  const current = place.get();
  if (current.type !== 'long' || amount.type !== 'long') return refuse('takes a string for a number');
  const arithmeticOperator = operator.slice(0, -1) as Parameters<typeof arithmetic>[1];
  const changed = arithmetic(scope, arithmeticOperator, current.value, amount.value, value.token);
  return place.set({ type: 'long', value: changed });
}

/** Value of `x++` and its like: the new one for the prefix form, else the old one. */
export function updateValue(scope: HandlerScope, { operand, operator, prefix, token }: Update): KernelValue {
  const place = placeOf(scope, operand);
  const old = scope.kept(place.get());
  if (old.type !== 'long') return refuse('takes a string for a number');
  const changed = arithmetic(scope, '+', old.value, operator === '++' ? ONE : MINUS_ONE, token);
  const stored = place.set({ type: 'long', value: changed });
  return prefix ? stored : old;
}

/** Something that can be assigned to; its keys have been evaluated. */
interface AssignedPlace {
  readonly get: () => KernelValue;
  /** The value as it can be used again. */
  readonly set: (value: KernelValue) => KernelValue;
}

function placeOf(scope: HandlerScope, target: Expression): AssignedPlace {
  const { bindings, tables } = scope.facts;
  if (target.kind === 'variable') {
    const symbol = bindings.variable(target);
    if (symbol.scope !== 'global')
      return {
        get: () => scope.localValue(symbol),
        set: (value) => {
          scope.assign(symbol, value);
          return scope.localValue(symbol);
        },
      };
    return {
      get: () => ({ type: 'long', value: { kind: 'cell', offset: tables.cell(symbol, 'read') } }),
      set: (value) => {
        const kept = scope.settled(value);
        if (kept.type !== 'long') return refuse(`assigns to the string ${symbol.name}`);
        scope.emit({ kind: 'set-cell', offset: tables.cell(symbol, 'write'), value: kept.value });
        return kept;
      },
    };
  }
  if (target.kind !== 'index') return refuse('assigns to what is no variable');
  return elementPlace(scope, target);
}

function elementPlace(scope: HandlerScope, target: Index): AssignedPlace {
  const { tables } = scope.facts;
  const symbol = arraySymbol(scope, target);
  const keys = lowerKeys(scope, target.keys).map((key) => scope.settled(key));
  return {
    get: () => {
      const global = tables.place(symbol, 'read', keys);
      return symbol.type === 'string'
        ? { type: 'string', value: { kind: 'string-element', global, keys } }
        : { type: 'long', value: { kind: 'element', global, keys } };
    },
    set: (value) => {
      const kept = scope.settled(value);
      scope.emit({
        kind: 'set-element',
        global: tables.place(symbol, 'write', keys),
        keys,
        value: kept,
        onFull: overflow(scope, symbol, target),
      });
      return kept;
    },
  };
}

/** Adds without looking at the present value, which is what several processors may do at once. */
function addTo(scope: HandlerScope, target: Expression, amountOf: () => LongExpression): void {
  const { bindings, tables } = scope.facts;
  if (target.kind === 'variable') {
    const symbol = bindings.variable(target);
    const amount = amountOf();
    if (symbol.scope === 'global') {
      scope.emit({ kind: 'add-cell', offset: tables.cell(symbol, 'add'), amount });
      return;
    }
    const current = scope.localValue(symbol);
    if (current.type !== 'long') return refuse('takes a string for a number');
    scope.assign(symbol, {
      type: 'long',
      value: arithmetic(scope, '+', current.value, amount, target.token),
    });
    return;
  }
  if (target.kind !== 'index') return refuse('assigns to what is no variable');
  const symbol = arraySymbol(scope, target);
  if (symbol.type !== 'long') return refuse(`adds to ${symbol.name}`);
  const keys = lowerKeys(scope, target.keys);
  const { result: amount, statements } = scope.collect(amountOf);
  const kept = statements.length > 0 ? keys.map((key) => scope.settled(key)) : keys;
  scope.append(statements);
  const global = tables.place(symbol, 'add', kept);
  scope.emit({ kind: 'add-element', global, keys: kept, amount, onFull: overflow(scope, symbol, target) });
}

function aggregate(scope: HandlerScope, target: Expression, expression: Expression): void {
  const { bindings, tables } = scope.facts;
  const isElement = target.kind === 'index';
  const base = isElement ? target.base : target;
  if (base.kind !== 'variable') return refuse('adds to what is no variable');
  const symbol = bindings.variable(base);
  if (symbol.scope !== 'global') return refuse(`adds to the local statistic ${symbol.name}`);
  if (scope.facts.variances.has(symbol))
    return refuse(`adds to ${symbol.name}, of which the variance is wanted`);
  const keys = isElement ? lowerKeys(scope, target.keys) : [];
  const { result: value, statements } = scope.collect(() => lowerLong(scope, expression));
  const kept = statements.length > 0 ? keys.map((key) => scope.settled(key)) : keys;
  scope.append(statements);
  const global = tables.place(symbol, 'aggregate', kept);
  scope.emit({ kind: 'aggregate', global, keys: kept, value, onFull: overflow(scope, symbol, target) });
}

function arraySymbol(scope: HandlerScope, { base }: Index): VariableSymbol {
  if (base.kind === 'histogram') return refuse('assigns to a histogram');
  const symbol = scope.facts.bindings.variable(base);
  return symbol.scope === 'global' ? symbol : refuse(`uses the local array ${symbol.name}`);
}

function overflow(scope: HandlerScope, symbol: VariableSymbol, { token }: Expression): number {
  const { declaration, type, mangledName } = symbol;
  const size = declaration?.maxSize;
  const text =
    type === 'stats'
      ? `aggregation overflow in ${mangledName}`
      : size === undefined
        ? 'Array overflow, check MAXMAPENTRIES'
        : `Array overflow, check size limit (${size})`;
  return scope.overflow(token, text);
}
