import type { Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import { DiagnosticError } from '../diagnostic/diagnostic.ts';
import type { FormatPart } from '../module/format.ts';
import { EventCalls, stringLiteral } from './event-calls.ts';
import { expandTargets } from './expand-targets.ts';
import { markArguments, type MarkOperand } from './mark-arguments.ts';
import { operandExpression, type MarkPlace } from './mark-operand-expression.ts';
import { pointError } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';
import { conversion, sprintf } from './typed-pretty.ts';

/** Values that one print function takes. */
const VALUE_LIMIT = 32;

/**
 * Replaces the context variables of a mark's handler: `$arg1` and so on, `$$args`, `$$parms`, `$$vars`, `$$name`, `$$provider`.
 * What is refused stays and is listed with the reason. A variable that is stored to is replaced too: it is then
 * no place that could be assigned to, which is what SystemTap says about it (stapprobes(3stap), USERSPACE PROBING).
 */
export function expandMarkContext(body: Block, place: MarkPlace, names: ContextNames): ExpandedBody {
  const calls = new EventCalls(names);
  const operands = markArguments(place.mark.argumentText, place.program.architecture);
  return expandTargets(body, calls, (target) => replaceTarget(target, { place, operands, calls }));
}

interface MarkContext {
  readonly place: MarkPlace;
  readonly operands: readonly MarkOperand[];
  readonly calls: EventCalls;
}

function replaceTarget(target: TargetSymbol, context: MarkContext): Expression {
  const { name, token } = target;
  const { mark } = context.place;
  switch (name) {
    case '$$name':
    case '$$provider':
      refuseAddress(target);
      return stringLiteral(name === '$$name' ? mark.name : mark.provider, token);
    case '$$args':
    case '$$parms':
    case '$$vars':
      refuseAddress(target);
      return describeArguments(target, context);
    default:
      return replaceArgument(target, context);
  }
}

function refuseAddress({ addressOf, token }: TargetSymbol): void {
  if (addressOf) throw pointError('address-of-value', 'cannot take address of context variable', token);
}

function replaceArgument(target: TargetSymbol, { place, operands, calls }: MarkContext): Expression {
  const { name, token } = target;
  const number = Number(/^\$arg([1-9]\d*)$/.exec(name)?.[1] ?? 0);
  const operand = operands[number - 1];
  if (operand === undefined) throw noSuchArgument(target, operands.length);
  if (target.selectors.length > 0 || target.pretty !== '') throw untypedArgument(number, target, place);
  if (target.addressOf)
    throw pointError('address-of-mark-argument', 'cannot take address of sdt variable', token);
  if (operand.kind === 'unsupported')
    throw pointError('mark-argument-unsupported', `cannot read '${name}': ${operand.reason}`, token);
  return operandExpression(operand, place, calls, token);
}

/** Local variables of the program would need debugging information. */
function noSuchArgument({ name, token }: TargetSymbol, count: number): DiagnosticError {
  const numbers = Array.from({ length: count }, (_, index) => `$arg${index + 1}`);
  const hint = count === 0 ? 'it has none' : `alternatives: ${numbers.join(', ')}`;
  return pointError('mark-other-target', `unable to find mark argument '${name}' (${hint})`, token);
}

/** Notes tell no types beyond the size of a number; debugging information may have one of a name made for the purpose. */
function untypedArgument(
  number: number,
  { token }: TargetSymbol,
  { mark, program }: MarkPlace,
): DiagnosticError {
  return pointError(
    'type-definition-not-found',
    `type definition '${mark.name}_arg${number}' not found in '${program.path}'`,
    token,
  );
}

/** `$arg1=0x7ffc $arg2=0x5`; `?` for arguments that cannot be read. */
function describeArguments(target: TargetSymbol, context: MarkContext): Expression {
  const { token } = target;
  const { place, operands } = context;
  if (target.pretty !== '' && operands.length > 0) throw untypedArgument(1, target, place);
  const parts: FormatPart[] = [];
  const args: Expression[] = [];
  for (const [index, operand] of operands.slice(0, VALUE_LIMIT).entries()) {
    const value = readable(operand, context, target);
    parts.push({ kind: 'text', text: `${index === 0 ? '' : ' '}$arg${index + 1}=` });
    parts.push(value === undefined ? { kind: 'text', text: '?' } : conversion('x', '#'));
    if (value !== undefined) args.push(value);
  }
  return parts.length === 0 ? stringLiteral('', token) : sprintf(parts, args, token);
}

function readable(
  operand: MarkOperand,
  { place, calls }: MarkContext,
  { token }: TargetSymbol,
): Expression | undefined {
  if (operand.kind === 'unsupported') return undefined;
  try {
    return operandExpression(operand, place, calls, token);
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}
