import { describe, expect, it } from 'vitest';
import { printProgram } from './print-program.ts';
import { compileText } from './testing/compile-text.ts';

function dump(script: string, verbose = false): string {
  const { program, messages } = compileText(script);
  return program === undefined ? messages : printProgram(program, verbose);
}

describe('printProgram', () => {
  it('shows sizes, wrapping, keys and types of globals', () => {
    expect(
      dump(
        'global a[3], b%[2], c%, d = "x" probe begin { a[1,"x"] = 2; b["y"] = "z"; c[1] <<< 2; println(a[1,"x"], b["y"], @count(c[1]), d) }',
      ),
    ).toBe(`# globals
a[3]:long [long, string]
b%[2]:string [string]
c%:stats [long]
d:string
# probes
begin /*  <- begin */ 
`);
  });

  it('sorts functions and shows locals', () => {
    expect(
      dump('function g(a, b) { c = a; print(b, c) } function f() { g(1, "x") } probe begin { f() exit() }'),
    ).toBe(`# functions
exit:unknown ()
f:unknown ()
g:unknown (a:long, b:string)
  # locals
  c:long
# probes
begin /*  <- begin */ 
`);
  });

  it('shows how probes were derived', () => {
    expect(dump('global g probe a = begin, end { v = 1 } probe a if (g > 1), never { g = v; print(v) }'))
      .toBe(`# globals
g:long
# probes
begin if ((__global_g) > (1)) /*  <- a = begin, end <- a if ((g) > (1)),never */ 
  # locals
  v:long
end if ((__global_g) > (1)) /*  <- a = begin, end <- a if ((g) > (1)),never */ 
  # locals
  v:long
never /*  <- a if ((g) > (1)),never */ 
  # locals
  v:long
`);
  });

  it('adds initial values and bodies when asked', () => {
    expect(
      dump(
        'global a = 5, s = "x" function f(x) { return x . s } probe begin { print(f("b"), a) log("c") }',
        true,
      ),
    ).toBe(`# globals
a:long = 5
s:string = "x"
# functions
f:string (x:string)
{ return (x) . (__global_s) }
log:unknown (msg:string)
{ %{ /* unprivileged */ intrinsic log %} }
# probes
begin /*  <- begin */ 
{ {
print(__global_f__overload_0("b"), __global_a);
__global_log__overload_0("c");
} }
`);
  });

  it('shows the functions behind context variables', () => {
    expect(dump('probe procfs("x").read { $value = "a" }')).toBe(`# functions
__private__input___procfs_value_set1:string (value:string)
# probes
procfs("x").read /*  <- procfs("x").read */ 
`);
  });
});
