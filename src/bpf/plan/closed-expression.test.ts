import { describe, expect, it } from 'vitest';
import { CELLS } from '../../module/kernel-part.ts';
import type { KernelValue } from '../ir.ts';
import { ClosedEvaluator } from './closed-expression.ts';
import { canFail } from './fold.ts';
import { initialLocals } from './locals.ts';
import { compileHandler, TRACEPOINT } from './testing/compile-handler.ts';

/** Value of what the last statement prints. */
function valueOf(expression: string, functions = ''): KernelValue | undefined {
  const { probe, bindings } = compileHandler(`probe begin { println(${expression}) } ${functions}`);
  const [statement] = probe.body.statements;
  if (statement?.kind !== 'expression-statement' || statement.expression.kind !== 'print')
    throw new Error('not a print statement');
  const [argument] = statement.expression.args;
  if (argument === undefined || argument.kind === 'histogram') throw new Error('no argument');
  return new ClosedEvaluator(bindings, TRACEPOINT).value(argument, initialLocals(probe.locals));
}

const long = (value: unknown): unknown => ({ type: 'long', value });
const PID = { kind: 'fact', fact: 'pid' };
const ARGUMENT = { kind: 'argument', index: 1 };

describe('closed expressions', () => {
  it('are what the event and constants tell', () => {
    expect(valueOf('pid()')).toEqual(long(PID));
    expect(valueOf('target()')).toEqual(long({ kind: 'cell', offset: CELLS.target }));
    expect(valueOf('uid()')).toEqual(long({ kind: 'fact', fact: 'uid' }));
    expect(valueOf('event_word("argument:1")')).toEqual(long(ARGUMENT));
    expect(valueOf('1 + 2 * 3')).toEqual(long({ kind: 'constant', value: 7 }));
    expect(valueOf('execname()')).toEqual({ type: 'string', value: { kind: 'execname' } });
  });

  it('take offsets of reads together', () => {
    expect(valueOf('kernel_read((event_word("argument:1") + 8) + 4, 4, 1)')).toEqual(
      long({
        kind: 'read',
        space: 'kernel',
        address: { kind: 'binary', operator: '+', left: ARGUMENT, right: { kind: 'constant', value: 12 } },
        size: 4,
        signed: true,
      }),
    );
  });

  it('follow functions of the script', () => {
    const functions =
      'function f(a) { b = a; if (b) return pid(); return tid() } function g() { return f(1) }';
    expect(valueOf('g()', functions)).toEqual(long(PID));
    expect(valueOf('f(pid())', functions)).toEqual(
      long({
        kind: 'conditional',
        condition: PID,
        consequent: PID,
        alternate: { kind: 'fact', fact: 'tid' },
      }),
    );
  });

  it.each([
    ['g', 'global g probe end { g = 2 }'],
    ['f(2)', 'function f(a) { return f(a) + 1 }'],
    ['f()', 'global g function f() { g++; return 1 }'],
    ['event_word("nosuch:1")', ''],
    ['event_word("result")', ''],
    ['kernel_read(1, pid(), 0)', ''],
    ['strlen(execname())', ''],
  ])('are not: %s', (expression, functions) => {
    expect(valueOf(expression, functions)).toBeUndefined();
  });

  it('never lose a read that may fail', () => {
    const unused = 'function f(a) { b = kernel_read(a, 8, 0); return 1 }';
    expect(valueOf('f(pid())', unused)).toBeUndefined();
    expect(valueOf('f(kernel_read(1, 8, 0))', 'function f(a) { return 1 }')).toBeUndefined();
    const used = valueOf('f(pid())', 'function f(a) { b = kernel_read(a, 8, 0); return b + 1 }');
    expect(used && canFail(used.value)).toBe(true);
  });
});
