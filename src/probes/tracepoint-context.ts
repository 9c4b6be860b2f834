import type { Cast, Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import { rewriteBlock, visitStatement } from '../ast/walk.ts';
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts';
import type { FormatPart } from '../module/format.ts';
import { EventCalls, stringLiteral } from './event-calls.ts';
import type { KernelFacts, ParameterFacts, TracepointFacts, TypeFacts } from './kernel-facts.ts';
import { pointError } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';
import { similarNames } from './similar-names.ts';
import { addressOfPlace, followSelectors, readPlace, type TypedPlace } from './typed-access.ts';
import { conversion, prettyText, sprintf } from './typed-pretty.ts';

/** Values that one print function takes. */
const VALUE_LIMIT = 32;

/**
 * Replaces the context variables of a tracepoint's handler: its parameters, `$$vars`, `$$parms`, `$$name`,
 * `$$system`, and `@cast` to a type of the kernel. What is refused stays and is listed with the reason
 * (stapprobes(3stap), KERNEL TRACEPOINTS).
 */
export function expandTracepointContext(
  body: Block,
  tracepoint: TracepointFacts,
  facts: KernelFacts,
  names: ContextNames,
): ExpandedBody {
  const calls = new EventCalls(names);
  const context: TracepointContext = {
    tracepoint,
    facts,
    calls,
    parameters: facts.tracepointParameters(tracepoint.name)?.parameters ?? [],
  };
  const stored = storedTargets(body);
  const unresolvedTargets = new Map<Expression, Diagnostic>();
  const rewritten = rewriteBlock(body, {
    expression: (expression) => {
      if (expression.kind !== 'target' && expression.kind !== 'cast') return expression;
      try {
        // A rewritten subscript makes a new node, but never a new token.
        const isStored = stored.has(expression.token);
        return expression.kind === 'target'
          ? replaceTarget(expression, isStored, context)
          : replaceCast(expression, isStored, context);
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        unresolvedTargets.set(expression, error.diagnostic);
        return expression;
      }
    },
  });
  return { body: rewritten, contextCallees: calls.contextCallees, unresolvedTargets };
}

interface TracepointContext {
  readonly tracepoint: TracepointFacts;
  readonly parameters: readonly ParameterFacts[];
  readonly facts: KernelFacts;
  readonly calls: EventCalls;
}

/** Tokens of the context variables that the body stores to. */
function storedTargets(body: Block): ReadonlySet<unknown> {
  const stored = new Set<unknown>();
  visitStatement(body, {
    expression: (expression) => {
      if (expression.kind === 'assignment') stored.add(expression.target.token);
      if (expression.kind === 'update') stored.add(expression.operand.token);
      return true;
    },
    statement: (statement) => {
      if (statement.kind === 'delete') stored.add(statement.operand.token);
      return true;
    },
  });
  return stored;
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
      `write to tracepoint variable '${target.name}' not permitted; need stap -g`,
      token,
    );
  if (target.addressOf && target.selectors.length === 0)
    throw pointError('address-of-tracepoint-variable', 'cannot take address of tracepoint variable', token);
  return readTyped(
    followSelectors(parameterPlace(index, target, context), target.selectors, calls),
    target,
    calls,
  );
}

function parameterPlace(index: number, { token }: TargetSymbol, context: TracepointContext): TypedPlace {
  const type = context.parameters[index]?.type ?? { kind: 'void', spelling: 'void' };
  return { kind: 'value', expression: context.calls.word(`argument:${index}`, token), type, space: 'kernel' };
}

function readTyped(place: TypedPlace, target: TargetSymbol | Cast, calls: EventCalls): Expression {
  const { token } = target;
  if (target.pretty !== '') return prettyText(place, target.pretty, calls, token);
  return target.addressOf ? addressOfPlace(place, token) : readPlace(place, calls, token);
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
function describeParameters(target: TargetSymbol, context: TracepointContext): Expression {
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

function replaceCast(cast: Cast, isStored: boolean, { facts, calls }: TracepointContext): Expression {
  const { token } = cast;
  const type =
    cast.module === undefined || cast.module.value === 'kernel'
      ? castType(cast.type.value, facts)
      : undefined;
  if (type === undefined)
    throw pointError(
      'type-definition-not-found',
      `type definition '${cast.type.value}' not found in '${cast.module?.value ?? 'kernel'}'`,
      token,
    );
  if (isStored)
    throw pointError('cast-write', 'write to @cast context variable not permitted; need stap -g', token);
  const start: TypedPlace =
    type.kind === 'struct' || type.kind === 'union'
      ? { kind: 'memory', address: cast.operand, type, space: 'kernel' }
      : { kind: 'value', expression: cast.operand, type, space: 'kernel' };
  // The value of a cast to a structure is its address, as that of a pointer to it.
  if (start.kind === 'memory' && cast.selectors.length === 0 && cast.pretty === '') return cast.operand;
  return readTyped(followSelectors(start, cast.selectors, calls), cast, calls);
}

/** `task_struct`, `struct task_struct`, `struct task_struct *`. */
function castType(name: string, facts: KernelFacts): TypeFacts | undefined {
  const found = facts.type(name);
  if (found !== undefined || !name.endsWith('*')) return found;
  const to = castType(name.slice(0, -1).trimEnd(), facts);
  return to && { spelling: name, kind: 'pointer', to: () => to, isUser: false };
}
