import type { Call } from '../../../ast/expression.ts';
import { CELLS } from '../../../module/kernel-part.ts';
import { pointText } from '../../../probes/point-text.ts';
import type { FunctionSymbol } from '../../../semantic/program.ts';
import type { KernelValue, LongExpression } from '../../ir.ts';
import { spaceOf } from '../closed-expression.ts';
import { asWordName, FUNCTION_WORDS, HEADER_FACTS } from '../event-source.ts';
import { binary, constant, constantValue } from '../fold.ts';
import { refuse } from './cannot-lower.ts';
import { conversionPart, textPart, type HandlerScope } from './handler-scope.ts';
import { lowerLong, lowerValues } from './operands.ts';

const NS_PER_US = 1000;
const NS_PER_S = 1_000_000_000;
/** Ticks a second that jiffies() counts. */
const JIFFIES_PER_SECOND = 250;
const READ_SIZES: ReadonlySet<unknown> = new Set([1, 2, 4, 8]);

/** A call of a library function of the run time; undefined when it has no value. */
export function intrinsicValue(
  scope: HandlerScope,
  symbol: FunctionSymbol,
  name: string,
  call: Call,
  isWanted: boolean,
): KernelValue | undefined {
  switch (name) {
    case 'exit':
      scope.exitAtEnd();
      return undefined;
    case 'error':
      fail(scope, call);
      return undefined;
    case 'execname':
      return { type: 'string', value: { kind: 'execname' } };
    case 'pp':
      return literal(pointText(scope.facts.derived.point));
    case 'pn':
      return literal(pointText(scope.current.scriptPoint));
    case 'strlen': {
      const [text] = lowerValues(scope, call.args);
      if (text?.type !== 'string') return refuse('takes a number for a string');
      return { type: 'long', value: { kind: 'string-length', operand: text.value } };
    }
    case 'kernel_read_string':
    case 'user_read_string':
      return stringRead(scope, symbol, name, call);
    case 'kernel_read':
    case 'user_read':
      return { type: 'long', value: numberRead(scope, symbol, name, call) };
    default: {
      const value = longIntrinsic(scope, name, call);
      return value === undefined
        ? refuse(`calls ${symbol.name}`)
        : isWanted
          ? { type: 'long', value }
          : undefined;
    }
  }
}

function longIntrinsic(scope: HandlerScope, name: string, call: Call): LongExpression | undefined {
  const { source } = scope.facts;
  const fact = HEADER_FACTS[name];
  if (fact !== undefined) return { kind: 'fact', fact };
  switch (name) {
    case 'target':
      return { kind: 'cell', offset: CELLS.target };
    case 'gettimeofday_ns':
      return { kind: 'fact', fact: 'realtime-ns' };
    case 'gettimeofday_us':
      return binary('/', { kind: 'fact', fact: 'realtime-ns' }, constant(NS_PER_US));
    case 'monotonic_ns':
      return { kind: 'fact', fact: 'monotonic-ns' };
    case 'jiffies':
      return binary('/', { kind: 'fact', fact: 'monotonic-ns' }, constant(NS_PER_S / JIFFIES_PER_SECOND));
    case 'max_string_length':
      return constant(scope.facts.limits.MAXSTRINGLEN);
    case 'jiffies_per_second':
      return constant(JIFFIES_PER_SECOND);
    case 'event_word': {
      const [argument] = call.args;
      const word = argument?.kind === 'string' ? asWordName(argument.value) : undefined;
      return word && source.word(word);
    }
  }
  const words = FUNCTION_WORDS[name] ?? [];
  const [word] = words;
  return words.length === 1 && word !== undefined ? source.word(word) : undefined;
}

function numberRead(
  scope: HandlerScope,
  symbol: FunctionSymbol,
  name: 'kernel_read' | 'user_read',
  call: Call,
): LongExpression {
  const [address, size, signed] = call.args.map((argument) => lowerLong(scope, argument));
  const bytes = size && constantValue(size);
  const isSigned = signed && constantValue(signed);
  if (address === undefined || isSigned === undefined || !READ_SIZES.has(bytes))
    return refuse('reads memory of a size that is not constant');
  const onFault = scope.error(
    call.callee.token,
    [textPart('read fault [man error::fault] at 0x'), conversionPart('x')],
    ['long'],
    symbol.token,
  );
  return {
    kind: 'read',
    space: spaceOf(name),
    address,
    size: bytes as 1 | 2 | 4 | 8,
    signed: isSigned !== 0,
    onFault,
  };
}

function stringRead(
  scope: HandlerScope,
  symbol: FunctionSymbol,
  name: 'kernel_read_string' | 'user_read_string',
  call: Call,
): KernelValue {
  const [address, max] = call.args.map((argument) => lowerLong(scope, argument));
  const wanted = max && constantValue(max);
  const { MAXSTRINGLEN } = scope.facts.limits;
  const size = wanted === undefined ? 0 : wanted > MAXSTRINGLEN ? MAXSTRINGLEN : Number(wanted);
  if (address === undefined || size < 1) return refuse('reads text of a length that is not constant');
  const fault = name === 'user_read_string' ? 'user string copy fault -14' : 'kernel string copy fault';
  const onFault = scope.error(
    call.callee.token,
    [textPart(`${fault} at 0x`), conversionPart('x'), textPart(' [man error::fault]')],
    ['long'],
    symbol.token,
  );
  return {
    type: 'string',
    value: { kind: 'read-string', space: spaceOf(name), address, size, onFault },
  };
}

function fail(scope: HandlerScope, call: Call): void {
  const args = lowerValues(scope, call.args);
  const error = scope.error(call.callee.token, [conversionPart('s')], ['string']);
  scope.emit({ kind: 'fail', error, arguments: args });
}

function literal(text: string): KernelValue {
  return { type: 'string', value: { kind: 'literal', text } };
}
