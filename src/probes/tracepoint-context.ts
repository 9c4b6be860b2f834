import type { Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import type { FormatPart } from '../module/format.ts';
import { EventCalls, stringLiteral } from './event-calls.ts';
import { expandTargets } from './expand-targets.ts';
import type { ParameterFacts, TracepointFacts, TypeFacts } from './kernel-facts.ts';
import { pointError } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';
import { similarNames } from './similar-names.ts';
import { followSelectors, readPlace, type TypedPlace } from './typed-access.ts';
import { NO_STORE, readTypedPlace, storedTokens, type TypedEnvironment } from './typed-expressions.ts';
import { conversion, prettyText, sprintf } from './typed-pretty.ts';

/** Values that one print function takes. */
const VALUE_LIMIT = 32;

/**
 * Replaces the context variables of a tracepoint's handler: its parameters, `$$vars`, `$$parms`, `$$name`,
 * `$$system`. What is refused stays and is listed with the reason (stapprobes(3stap), KERNEL TRACEPOINTS).
 */
export function expandTracepointContext(
  body: Block,
  tracepoint: TracepointFacts,
  { kernel, guru }: TypedEnvironment,
  names: ContextNames,
): ExpandedBody {
  const calls = new EventCalls(names);
  const context: TracepointContext = {
    tracepoint,
    guru,
    calls,
    parameters: kernel.tracepointParameters(tracepoint.name)?.parameters ?? [],
  };
  const stored = storedTokens(body);
  // A rewritten subscript makes a new node, but never a new token.
  return expandTargets(body, calls, (target) => replaceTarget(target, stored.has(target.token), context));
}

/** The typed parameters of an event, words `argument:0` and so on. */
export interface ParameterContext {
  readonly parameters: readonly ParameterFacts[];
  readonly calls: EventCalls;
}

interface TracepointContext extends ParameterContext {
  readonly tracepoint: TracepointFacts;
  readonly guru: boolean;
}

function replaceTarget(target: TargetSymbol, isStored: boolean, context: TracepointContext): Expression {
  if (target.name.startsWith('$$')) return replaceSummary(target, isStored, context);
  const { parameters, calls } = context;
  const { token } = target;
  const index = parameters.findIndex(({ name }) => `$${name}` === target.name);
  if (index < 0) {
    const similar = similarNames(
      target.name.slice(1),
      parameters.map(({ name }) => name),
    );
    throw pointError(
      'no-such-tracepoint-variable',
      `unable to find tracepoint variable '${target.name}'${similar === '' ? '' : ` (alternatives: ${similar})`}`,
      token,
    );
  }
  if (isStored)
    throw pointError(
      'tracepoint-variable-write',
      `write to tracepoint variable '${target.name}' not permitted${context.guru ? NO_STORE : '; need stap -g'}`,
      token,
    );
  if (target.addressOf && target.selectors.length === 0)
    throw pointError('address-of-tracepoint-variable', 'cannot take address of tracepoint variable', token);
  const start = parameterPlace(index, target, context);
  return readTypedPlace(followSelectors(start, target.selectors, calls), target, calls);
}

/** The parameter of that index. */
export function parameterPlace(
  index: number,
  { token }: TargetSymbol,
  context: ParameterContext,
): TypedPlace {
  const type = context.parameters[index]?.type ?? { kind: 'void', spelling: 'void' };
  return { kind: 'value', expression: context.calls.word(`argument:${index}`, token), type, space: 'kernel' };
}

/** `$$vars`, `$$parms`, `$$name`, `$$system`. */
function replaceSummary(target: TargetSymbol, isStored: boolean, context: TracepointContext): Expression {
  const { name, token, selectors, pretty } = target;
  const { group } = context.tracepoint;
  if (isStored) throw pointError('tracepoint-write', `write to tracepoint '${name}' not permitted`, token);
  if (target.addressOf)
    throw pointError('address-of-value', 'cannot take address of context variable', token);
  const selector = selectors[0];
  if (selector !== undefined) {
    const use = selector.kind === 'member' ? 'a structure' : 'array';
    throw pointError(
      'tracepoint-summary-part',
      `tracepoint variable '${name}' may not be used as ${use}`,
      selector.token,
    );
  }
  if (name === '$$vars' || name === '$$parms') return describeParameters(target, context);
  if (pretty !== '')
    throw pointError(
      'tracepoint-summary-pretty',
      `tracepoint variable '${name}' may not be pretty-printed`,
      token,
    );
  if (name === '$$name') return stringLiteral(context.tracepoint.name, token);
  if (name === '$$system' && group !== undefined) return stringLiteral(group, token);
  throw pointError('unresolved-target', 'unresolved target-symbol expression', token);
}

/** `prev=0xffff888003a9c000 next=0xffff888003a9d000`; parameters that no long holds are left out. */
export function describeParameters(target: TargetSymbol, context: ParameterContext): Expression {
  const { token, pretty } = target;
  const parts: FormatPart[] = [];
  const args: Expression[] = [];
  for (const [index, { name, type }] of context.parameters.entries()) {
    const isShown = type.kind === 'integer' || type.kind === 'enum' || type.kind === 'pointer';
    if (!isShown || args.length === VALUE_LIMIT) continue;
    const place = parameterPlace(index, target, context);
    parts.push({ kind: 'text', text: `${parts.length === 0 ? '' : ' '}${name}=` });
    parts.push(pretty === '' ? hexadecimal(type.kind) : conversion('s'));
    args.push(
      pretty === ''
        ? readPlace(place, context.calls, token)
        : prettyText(place, pretty, context.calls, token),
    );
  }
  return parts.length === 0 ? stringLiteral('', token) : sprintf(parts, args, token);
}

function hexadecimal(kind: TypeFacts['kind']): FormatPart {
  return kind === 'pointer' ? conversion('p') : conversion('x', '#');
}
