import type { Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import type { FormatPart } from '../module/format.ts';
import type { ProcessProbeEvent } from '../module/probe-event.ts';
import { EventCalls } from './event-calls.ts';
import { expandTargets } from './expand-targets.ts';
import { pointError } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';
import { conversion, sprintf } from './typed-pretty.ts';

type Moment = ProcessProbeEvent['what'];

/** Arguments of a system call. */
const ARGUMENTS = [1, 2, 3, 4, 5, 6] as const;

/**
 * Replaces the context variables of `process.syscall` (`$syscall`, `$arg1` to `$arg6`, `$$parms`) and of its return
 * (`$syscall`, `$return`); the other moments of a process have none. What is refused stays and is listed with the reason.
 */
export function expandProcessContext(body: Block, moment: Moment, names: ContextNames): ExpandedBody {
  const calls = new EventCalls(names);
  return expandTargets(body, calls, (target) => replaceTarget(target, moment, calls));
}

/** What a handler of that moment may use, as `-L` lists it. */
export function listProcessVariables(moment: Moment): readonly string[] {
  if (moment === 'syscall') return ['$syscall:long', ...ARGUMENTS.map((number) => `$arg${number}:long`)];
  return moment === 'syscall.return' ? ['$syscall:long', '$return:long'] : [];
}

function replaceTarget(target: TargetSymbol, moment: Moment, calls: EventCalls): Expression {
  const { name, token } = target;
  if (moment !== 'syscall' && moment !== 'syscall.return')
    throw pointError(
      'process-target',
      'only "process(PATH_OR_PID).syscall" and "process(PATH_OR_PID).syscall.return" probes support target symbols',
      token,
    );
  refuseParts(target);
  if (name === '$syscall') return calls.word('syscall:number', token);
  if (name === '$return') {
    if (moment === 'syscall.return') return calls.word('syscall:result', token);
    throw pointError('process-return', 'only "process(PATH_OR_PID).syscall.return" support $return.', token);
  }
  const number = ARGUMENTS.find((candidate) => name === `$arg${candidate}`);
  if (number === undefined && name !== '$$parms')
    throw pointError(
      'process-target',
      'invalid target symbol for utrace probe, $syscall, $return, $argN or $$parms expected',
      token,
    );
  if (moment === 'syscall.return')
    throw pointError(
      'process-argument',
      'only "process(PATH_OR_PID).syscall" support $argN or $$parms.',
      token,
    );
  return number === undefined ? describeArguments(target, calls) : calls.word(`syscall:${number - 1}`, token);
}

function refuseParts({ name, selectors, addressOf, token }: TargetSymbol): void {
  if (addressOf) throw pointError('address-of-value', 'cannot take address of context variable', token);
  const [selector] = selectors;
  if (selector === undefined) return;
  const use = selector.kind === 'member' ? 'a structure' : 'array';
  throw pointError(
    'process-target-part',
    `utrace target variable '${name}' may not be used as ${use}`,
    selector.token,
  );
}

/** `$arg1=0x3 $arg2=0x7ffe…` */
function describeArguments({ token }: TargetSymbol, calls: EventCalls): Expression {
  const parts = ARGUMENTS.flatMap((number): readonly FormatPart[] => [
    { kind: 'text', text: `${number === 1 ? '' : ' '}$arg${number}=` },
    conversion('x', '#'),
  ]);
  const values = ARGUMENTS.map((number) => calls.word(`syscall:${number - 1}`, token));
  return sprintf(parts, values, token);
}
