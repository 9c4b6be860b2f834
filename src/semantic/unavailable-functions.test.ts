import { describe, expect, it } from 'vitest';
import { compileText, SMALL_LIBRARY } from './testing/compile-text.ts';

const LIBRARY = [
  ...SMALL_LIBRARY,
  { path: '/tapset/unavailable/stack.stp', text: 'function backtrace:string () %{ unavailable stack %}' },
];

const messages = (script: string): string => compileText(script, {}, LIBRARY).messages;

describe('a function that cannot be had', () => {
  it('is an error where it is called', () => {
    expect(messages('probe begin { println(backtrace()) }')).toContain(
      "semantic error: function 'backtrace' needs a stack trace, which this version cannot take: " +
        "identifier 'backtrace' at <input>:1:23",
    );
  });

  it('is an error in a function that is called', () => {
    expect(messages('function f() { return backtrace() } probe begin { println(f()) }')).toContain(
      "function 'backtrace' needs a stack trace",
    );
  });

  it.each([
    'function never() { return backtrace() } probe begin { log("") }',
    'probe begin { if (0) println(backtrace()) log("") }',
    'probe begin { println(@defined(backtrace()) ? backtrace() : "none") }',
    'probe nosuch ? { println(backtrace()) } probe begin { log("") }',
    'function backtrace() { return "mine" } probe begin { println(backtrace()) }',
  ])('does not matter in %s', (script) => {
    const { program } = compileText(script, {}, LIBRARY);
    expect(program).toBeDefined();
  });

  it('is not suggested for a mistyped name', () => {
    expect(messages('probe begin { println(backtrac()) }')).not.toContain('backtrace');
  });

  it('checks types and the number of arguments like any other', () => {
    expect(messages('probe begin { println(backtrace(1)) }')).toContain("function 'backtrace' takes 0 args");
  });

  it('stays an error when its value is not used', () => {
    expect(messages('probe begin { backtrace() }')).toContain("function 'backtrace' needs a stack trace");
  });

  it('cannot be declared by a script', () => {
    expect(messages('function f() %{ unavailable stack %} probe begin { f() }')).toContain('error');
  });
});
