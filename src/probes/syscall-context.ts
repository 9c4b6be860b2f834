import type { Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import type { DiagnosticError } from '../diagnostic/diagnostic.ts';
import type { FormatPart } from '../module/format.ts';
import type { ProbeEvent, SyscallAccess } from '../module/probe-event.ts';
import { arithmetic, EventCalls, stringLiteral } from './event-calls.ts';
import { expandTargets } from './expand-targets.ts';
import { pointError } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';
import { similarNames } from './similar-names.ts';
import { storedTokens } from './typed-expressions.ts';
import { conversion, sprintf } from './typed-pretty.ts';
import { withEntryVariables } from './syscalls/entry-variables.ts';
import type { ArgumentKind, SyscallArgument, SyscallFacts } from './syscalls/read-syscalls.ts';
import type { SyscallList } from './syscalls/syscall-list.ts';

/** What handlers of system calls are about. */
export interface SyscallSurroundings {
  readonly list: SyscallList;
  /** Is a variable of that name a global one? */
  readonly isGlobal: (name: string) => boolean;
}

interface SyscallContext {
  readonly access: SyscallAccess;
  readonly arguments: readonly SyscallArgument[];
  readonly calls: EventCalls;
}

/**
 * Replaces the context variables of a system call's handler: its arguments by the kernel's names (`$fd`, `$buf`), `$return`,
 * `$$vars`, `$$parms`, `$$return`; at its return the variables of its arguments too. What is refused stays and is listed with the reason.
 */
export function expandSyscallContext(
  body: Block,
  event: ProbeEvent,
  { list, isGlobal }: SyscallSurroundings,
  names: ContextNames,
): ExpandedBody {
  const calls = new EventCalls(names);
  const facts = event.family === 'syscall' ? factsOf(event.name, list) : undefined;
  const access = event.family === 'syscall' ? event.access : 'enter';
  const context: SyscallContext = { access, arguments: facts?.arguments ?? [], calls };
  const stored = storedTokens(body);
  const whole = access === 'exit' ? withEntryVariables(body, context.arguments, isGlobal) : body;
  return expandTargets(whole, calls, (target) => replaceTarget(target, stored.has(target.token), context));
}

function factsOf(kernelName: string, { byName }: SyscallList): SyscallFacts | undefined {
  return [...byName.values()].find(({ kernelNames }) => kernelNames.includes(kernelName));
}

function replaceTarget(target: TargetSymbol, isStored: boolean, context: SyscallContext): Expression {
  const { name, token, selectors, pretty, addressOf } = target;
  if (isStored)
    throw pointError(
      'syscall-variable-write',
      `write to '${name}' not permitted: handlers cannot change what they trace`,
      token,
    );
  if (addressOf) throw pointError('address-of-value', 'cannot take address of context variable', token);
  const [selector] = selectors;
  if (selector !== undefined || pretty !== '')
    throw pointError(
      'untyped-syscall-argument',
      `'${name}' is a number without a type; use @cast`,
      selector?.token ?? token,
    );
  const { access, calls } = context;
  switch (name) {
    case '$$vars':
      return describe(target, context, access === 'exit');
    case '$$parms':
      return describe(target, context, false);
    case '$$return':
      if (access === 'exit')
        return sprintf(
          [{ kind: 'text', text: 'return=' }, conversion('x', '#')],
          [calls.word('syscall:result', token)],
          token,
        );
      break;
    case '$return':
      if (access === 'exit') return calls.word('syscall:result', token);
  }
  const argument = context.arguments.find((candidate) => kernelName(candidate) === name.slice(1));
  if (argument === undefined) throw noSuchVariable(target, context);
  return value(argument, target, calls);
}

/** `$buf` for the variable `buf_uaddr`. */
function kernelName({ name }: SyscallArgument): string {
  return name.replace(/_uaddr$/, '');
}

function value({ index, kind }: SyscallArgument, { token }: TargetSymbol, calls: EventCalls): Expression {
  const word = calls.word(`syscall:${index}`, token);
  if (kind === 'd') return arithmetic(arithmetic(word, '<<', 32, token), '>>', 32, token);
  return isUnsignedInt(kind) ? arithmetic(word, '&', 0xffffffff, token) : word;
}

function isUnsignedInt(kind: ArgumentKind): boolean {
  return kind === 'u' || kind === 'x' || kind === 'o';
}

/** `fd=0x3 buf=0x7ffc count=0x10` */
function describe(target: TargetSymbol, context: SyscallContext, withResult: boolean): Expression {
  const { token } = target;
  const { calls } = context;
  const shown = context.arguments.map((argument) => ({
    name: kernelName(argument),
    expression: value(argument, target, calls),
  }));
  if (withResult) shown.push({ name: 'return', expression: calls.word('syscall:result', token) });
  if (shown.length === 0) return stringLiteral('', token);
  const parts = shown.flatMap(({ name }, index): FormatPart[] => [
    { kind: 'text', text: `${index === 0 ? '' : ' '}${name}=` },
    conversion('x', '#'),
  ]);
  return sprintf(
    parts,
    shown.map(({ expression }) => expression),
    token,
  );
}

function noSuchVariable({ name, token }: TargetSymbol, context: SyscallContext): DiagnosticError {
  const similar = similarNames(name.slice(1), [
    ...context.arguments.map(kernelName),
    ...(context.access === 'exit' ? ['return'] : []),
  ]);
  const hint = similar === '' ? '' : ` (alternatives: ${similar})`;
  return pointError(
    'no-such-syscall-variable',
    `unable to find system call variable '${name}'${hint}`,
    token,
  );
}
