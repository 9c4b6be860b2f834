import { describe, expect, it } from 'vitest';
import type { LongExpression } from '../ir.ts';
import { handlerFilter } from './filter.ts';
import { binary, constant, logical, truth } from './fold.ts';
import { compileHandler, TRACEPOINT } from './testing/compile-handler.ts';

function filter(body: string, functions = ''): LongExpression | undefined {
  const { probe, bindings } = compileHandler(
    `${functions} global g = 1, a probe begin { ${body} } probe end { g = a["x"]; a["x"] = g }`,
  );
  return handlerFilter(probe, bindings, TRACEPOINT);
}

const isSeven = binary('==', { kind: 'fact', fact: 'pid' }, constant(7));
const thread: LongExpression = { kind: 'fact', fact: 'tid' };

describe('filters', () => {
  it.each([
    'if (pid() != 7) next; println(1)',
    'if (pid() == 7) println(1)',
    'if (pid() == 7) { g = 2 }',
    'if (pid() != 7) { next } else println(1)',
    'p = pid(); if (p == 7) println(1)',
    'if (!(pid() != 7)) println(1)',
    'if (pid() == 7 && g) println(1)',
    'if (g && pid() == 7) println(1)',
    'if (pid() == 7 && kernel_read(1, 8, 0)) println(1)',
    'if (pid() != 7 || g) next; println(1)',
    'if (pid() == 7) println(1); else { }',
  ])('of %s', (body) => {
    expect(filter(body)).toEqual(isSeven);
  });

  it('look past what quiet functions compute first', () => {
    const functions = `function quiet:string (x:long) { try { return sprintf("%d", kernel_read(x, 8, 0)) } catch { return "" } }
      function failing:long (x:long) { return kernel_read(x, 8, 0) }
      function loud:long (x:long) { printf("%d", x); return x }`;
    expect(filter('t = sprintf("%d", uid()); if (pid() == 7) println(t)')).toEqual(isSeven);
    expect(filter('t = quiet(1); if (pid() == 7) println(t)', functions)).toEqual(isSeven);
    expect(filter('t = failing(1); if (pid() == 7) println(t)', functions)).toBeUndefined();
    expect(filter('t = loud(1); if (pid() == 7) println(t)', functions)).toBeUndefined();
  });

  it('take several conditions together', () => {
    const both = logical('&&', isSeven, thread);
    expect(filter('if (pid() != 7) next; if (!tid()) next; println(1)')).toEqual(
      logical('&&', isSeven, truth(thread)),
    );
    expect(filter('if (pid() == 7 && tid()) println(1)')).toEqual(both);
  });

  it('compare names', () => {
    expect(filter('if (execname() != "cat") next; println(1)')).toMatchObject({
      kind: 'compare-strings',
      operator: '==',
    });
  });

  it.each([
    'println(1)',
    'if (g) println(1)',
    'if (g++ && pid() == 7) println(1)',
    'if (kernel_read(1, 8, 0) && pid() == 7) println(1)',
    'if (kernel_read(1, 8, 0)) next; if (pid() != 7) next; println(1)',
    'if (1 / g && pid() == 7) println(1)',
    'if (pid() == 7 && g) next; println(1)',
    'g = 2; if (pid() != 7) next; println(1)',
    'if (pid() == 7) println(1); else g = 2',
    'if (pid() != 7) { println(2); next } println(1)',
    'while (pid() != 7) next; println(1)',
    'x = kernel_read(1, 8, 0); if (pid() != 7) next; println(1)',
  ])('are not made of %s', (body) => {
    expect(filter(body)).toBeUndefined();
  });
});
