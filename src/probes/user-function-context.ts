import type { Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import { EventCalls, stringLiteral } from './event-calls.ts';
import { expandTargets } from './expand-targets.ts';
import { pointError } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';
import { conversion, sprintf } from './typed-pretty.ts';

/** What handlers of a function of a program can know of it: symbols tell no types. */
export interface FunctionPlace {
  readonly path: string;
  readonly symbol: string;
  readonly isReturn: boolean;
}

/**
 * Replaces the context variables of a function found by its symbol: `$return` and `$$return` of return probes; the
 * variables of `$$vars`, `$$parms` and `$$locals` are not known, so these are empty but for the result. What is refused
 * stays and is listed with the reason.
 */
export function expandFunctionContext(body: Block, place: FunctionPlace, names: ContextNames): ExpandedBody {
  const calls = new EventCalls(names);
  return expandTargets(body, calls, (target) => replaceTarget(target, place, calls));
}

function replaceTarget(target: TargetSymbol, place: FunctionPlace, calls: EventCalls): Expression {
  const { name, token } = target;
  const isResult = name === '$return' || name === '$$return' || name === '$$vars';
  if (isResult || name === '$$parms' || name === '$$locals') {
    if (name === '$return' && !place.isReturn)
      throw pointError('return-outside-return', "'$return' is only known in .return probes", token);
    refuseParts(target, place);
    if (!isResult || !place.isReturn) return stringLiteral('', token);
    const result = calls.word('result', token);
    if (name === '$return') return result;
    return sprintf([{ kind: 'text', text: 'return=' }, conversion('x', '#')], [result], token);
  }
  throw pointError(
    'needs-debugging-information',
    `'${name}' of '${place.symbol}' is not known without debugging information; arguments are pointer_arg(1), int_arg(2) and so on`,
    token,
  );
}

/** A symbol has no type whose members could be looked at. */
function refuseParts({ name, selectors, addressOf, token }: TargetSymbol, { path }: FunctionPlace): void {
  if (addressOf) throw pointError('address-of-value', 'cannot take address of context variable', token);
  if (selectors.length > 0)
    throw pointError(
      'needs-debugging-information',
      `the type of '${name}' is not known without debugging information of '${path}'; use @cast`,
      token,
    );
}
