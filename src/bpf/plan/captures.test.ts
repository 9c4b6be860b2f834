import { describe, expect, it } from 'vitest';
import type { CaptureBody } from '../ir.ts';
import { planCaptures } from './captures.ts';
import { compileHandler, TRACEPOINT } from './testing/compile-handler.ts';

function plan(body: string, rest = ''): CaptureBody {
  const { probe, bindings } = compileHandler(`probe begin { ${body} } ${rest}`);
  return planCaptures(probe, bindings, TRACEPOINT);
}

/** Sizes of the pieces, in order. */
function sizes(body: string, rest = ''): readonly number[] {
  return plan(body, rest).layout.pieces.map(({ size }) => size);
}

const LIMIT = 'function max() { return max_string_length() }';

describe('captures', () => {
  it('are words and facts that are asked for, once each', () => {
    const { layout, words } = plan('if (pid()) println(uid(), event_word("argument:1")); println(uid())');
    expect(layout.words).toEqual(['uid', 'argument:1']);
    expect(words).toEqual([
      { kind: 'fact', fact: 'uid' },
      { kind: 'argument', index: 1 },
    ]);
  });

  it('leave out words that the place does not have', () => {
    expect(plan('println(event_word("result"))').layout).toEqual({ words: [], pieces: [] });
  });

  it('are memory behind locals and functions', () => {
    const { layout, pieces } = plan(
      'task = event_word("argument:0"); println(name(task + 8))',
      'function name(at) { try { return kernel_read_string(at + 8, 16) } catch { return "" } }',
    );
    expect(layout.pieces).toEqual([{ space: 'kernel', kind: 'string', size: 16 }]);
    const address = { kind: 'argument', index: 0 };
    const offset = { kind: 'constant', value: 16 };
    expect(pieces).toEqual([
      { kind: 'memory', address: { kind: 'binary', operator: '+', left: address, right: offset } },
    ]);
  });

  it('follow pointers', () => {
    expect(
      sizes('p = kernel_read(event_word("argument:0"), 8, 0); println(kernel_read(p + 4, 4, 1))'),
    ).toEqual([8, 4]);
  });

  it('take the largest size for an address', () => {
    expect(sizes('println(kernel_read(64, 4, 0)); println(kernel_read(64, 8, 0))')).toEqual([8]);
  });

  it('do not believe what a loop or a handler of errors changes', () => {
    const read = 'println(kernel_read(p, 8, 0))';
    expect(sizes(`p = 1; while (p < 9) { ${read}; p += 8 }`)).toEqual([]);
    expect(sizes(`p = 1; try { p = kernel_read(2, 8, 0); error("") } catch { ${read} }`)).toEqual([8]);
    expect(sizes(`p = 1; tid() && (p = 2); ${read}`)).toEqual([]);
    expect(sizes(`p = 1; p++; ${read}`)).toEqual([]);
  });

  it('know what both branches leave', () => {
    const { pieces } = plan('if (pid()) p = 8; else p = 16; println(kernel_read(p, 8, 0))');
    expect(pieces).toMatchObject([{ address: { kind: 'conditional' } }]);
    expect(plan('p = 8; if (pid()) { p = 16; next } println(kernel_read(p, 8, 0))').pieces).toEqual([
      { kind: 'memory', address: { kind: 'constant', value: 8 } },
    ]);
  });

  it('guess that the way that is known will be taken', () => {
    const parent = 'function parent(t) { return t < 0 ? kernel_read(t, 8, 0) : unknown }';
    expect(
      sizes('println(kernel_read(parent(event_word("argument:0")), 4, 0))', `${parent} global unknown`),
    ).toEqual([8, 4]);
    const first =
      'function first(t) { if (unknown) return 1; try { return kernel_read(t, 8, 0) } catch { return 2 } }';
    expect(sizes('println(kernel_read(first(8) + 8, 4, 0))', `${first} global unknown`)).toEqual([8, 4]);
  });

  it('are as long as a string can be where only the event tells how long', () => {
    expect(sizes('println(kernel_read_string(64, max()))', LIMIT)).toEqual([512]);
    expect(sizes('println(user_read_string(64, uid()), user_read_string(72, n))', 'global n')).toEqual([
      512, 512,
    ]);
  });

  it('end with recursion', () => {
    expect(
      sizes('println(f(3))', 'function f(n) { return n ? kernel_read(n, 8, 0) + f(n - 1) : 0 }'),
    ).toEqual([8]);
  });

  it('are limited', () => {
    const reads = Array.from({ length: 40 }, (_, index) => `println(kernel_read(${index * 8}, 8, 0))`);
    expect(sizes(reads.join(';'))).toHaveLength(32);
    const blocks = Array.from({ length: 8 }, (_, index) => `println(kernel_read_bytes(${index * 8}, 4096))`);
    expect(sizes(blocks.join(';'))).toEqual([4096, 4096, 4096, 4096]);
    expect(sizes('println(kernel_read_bytes(8, 5000))')).toEqual([]);
  });

  it('are stacks', () => {
    const { layout, pieces } = plan('println(kernel_stack()); println(kernel_stack())');
    expect(layout.pieces).toEqual([{ space: 'kernel', kind: 'stack', size: 1016 }]);
    expect(pieces).toEqual([{ kind: 'stack' }]);
  });

  it('come with a filter', () => {
    expect(plan('if (pid() != 7) next; println(1)').filter).toMatchObject({ kind: 'binary', operator: '==' });
    expect('filter' in plan('println(1)')).toBe(false);
  });
});
