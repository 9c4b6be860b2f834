import type { Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import { EventCalls, stringLiteral } from './event-calls.ts';
import { expandTargets } from './expand-targets.ts';
import type { KernelFacts, TypeFacts } from './kernel-facts.ts';
import { pointError } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';
import { similarNames } from './similar-names.ts';
import { describeParameters, parameterPlace, type ParameterContext } from './tracepoint-context.ts';
import { followSelectors, readPlace, type TypedPlace } from './typed-access.ts';
import { NO_STORE, readTypedPlace, storedTokens, type TypedEnvironment } from './typed-expressions.ts';
import { conversion, prettyText, sprintf } from './typed-pretty.ts';

/** A function of the kernel, at its entry or return. */
export interface KernelFunctionPlace {
  readonly symbol: string;
  readonly module?: string;
  readonly isReturn: boolean;
}

type FunctionFacts = NonNullable<ReturnType<KernelFacts['functionFacts']>>;

interface FunctionContext extends ParameterContext {
  readonly place: KernelFunctionPlace;
  readonly result: TypeFacts;
  readonly guru: boolean;
}

/**
 * Replaces the context variables of a function of the kernel: its parameters, `$return`, `$$parms`, `$$vars`, `$$locals`
 * (of which nothing is known), `$$return`. What is refused stays and is listed with the reason (stapprobes(3stap),
 * CONTEXT VARIABLES). Parameters in the handler of a return are those of the entry: they are taken out before.
 */
export function expandKernelFunctionContext(
  body: Block,
  place: KernelFunctionPlace,
  { kernel, guru }: TypedEnvironment,
  names: ContextNames,
): ExpandedBody {
  const calls = new EventCalls(names);
  const facts = kernel.functionFacts(place.symbol, place.module) ?? NO_FACTS;
  const context: FunctionContext = { ...facts, place, guru, calls };
  const stored = storedTokens(body);
  return expandTargets(body, calls, (target) => replaceTarget(target, stored.has(target.token), context));
}

/** `$return:ssize_t`, `$file:struct file*`: what a handler may use, as `-L` lists it. */
export function listKernelFunctionVariables(
  { symbol, module, isReturn }: KernelFunctionPlace,
  kernel: KernelFacts,
): readonly string[] {
  const { parameters, result } = kernel.functionFacts(symbol, module) ?? NO_FACTS;
  const listed = parameters.map(({ name, type }) => `$${name}:${type.spelling}`);
  return isReturn && result.kind !== 'void' ? [`$return:${result.spelling}`, ...listed] : listed;
}

const NO_FACTS: FunctionFacts = { btfId: 0, parameters: [], result: { kind: 'void', spelling: 'void' } };

function replaceTarget(target: TargetSymbol, isStored: boolean, context: FunctionContext): Expression {
  const { name, token, selectors } = target;
  const { parameters, calls, guru } = context;
  if (isStored)
    throw pointError(
      'target-write',
      `write to target variable '${name}' not permitted${guru ? NO_STORE : '; need stap -g'}`,
      token,
    );
  if (name.startsWith('$$')) return replaceSummary(target, context);
  const start = name === '$return' ? resultPlace(target, context) : argumentPlace(target, context);
  if (start === undefined)
    throw pointError(
      'no-such-local',
      unknownVariable(
        name,
        parameters.map((known) => known.name),
        context,
      ),
      token,
    );
  if (target.addressOf && selectors.length === 0)
    throw pointError('address-of-value', 'cannot take address of context variable', token);
  return readTypedPlace(followSelectors(start, selectors, calls), target, calls);
}

function argumentPlace(target: TargetSymbol, context: FunctionContext): TypedPlace | undefined {
  const index = context.parameters.findIndex(({ name }) => `$${name}` === target.name);
  return index < 0 ? undefined : parameterPlace(index, target, context);
}

function resultPlace({ token }: TargetSymbol, { place, result, calls }: FunctionContext): TypedPlace {
  if (!place.isReturn)
    throw pointError('return-outside-return', "'$return' is only known in .return probes", token);
  if (result.kind === 'void')
    throw pointError('no-return-value', `function '${place.symbol}' has no return value`, token);
  return { kind: 'value', expression: calls.word('result', token), type: result, space: 'kernel' };
}

function unknownVariable(name: string, known: readonly string[], { place }: FunctionContext): string {
  const similar = similarNames(name.slice(1), known);
  const hint = similar === '' ? '' : ` (alternatives: ${similar})`;
  return `unable to find parameter '${name.slice(1)}' of function '${place.symbol}'${hint}`;
}

function replaceSummary(target: TargetSymbol, context: FunctionContext): Expression {
  const { name, token, selectors, addressOf } = target;
  const { isReturn } = context.place;
  if (addressOf) throw pointError('address-of-value', 'cannot take address of context variable', token);
  const [selector] = selectors;
  if (selector !== undefined)
    throw pointError('summary-part', `'${name}' is a text, which has no parts`, selector.token);
  switch (name) {
    case '$$parms':
      return describeParameters(target, context);
    case '$$vars':
      return isReturn ? describeResult(target, context) : describeParameters(target, context);
    case '$$return':
      return describeResult(target, context);
    case '$$locals':
      return stringLiteral('', token);
    default:
      throw pointError('unresolved-target', 'unresolved target-symbol expression', token);
  }
}

/** `return=0x20`; empty at the entry and for functions without a result. */
function describeResult(target: TargetSymbol, context: FunctionContext): Expression {
  const { token, pretty } = target;
  const { calls, place, result } = context;
  if (!place.isReturn || result.kind === 'void') return stringLiteral('', token);
  const value = resultPlace(target, context);
  const text = { kind: 'text', text: 'return=' } as const;
  if (pretty !== '')
    return sprintf([text, conversion('s')], [prettyText(value, pretty, calls, token)], token);
  return sprintf([text, conversion('x', '#')], [readPlace(value, calls, token)], token);
}
