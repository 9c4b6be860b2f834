import { describe, expect, it } from 'vitest';
import { FileTurns } from './file-turns.ts';

const forever = new AbortController().signal;

describe('turns', () => {
  it('are one at a time for a module, and some for all', async () => {
    const turns = new FileTurns(2);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const take = (owner: string): Promise<void> =>
      turns.take(
        owner,
        () => {
          begun.push(owner);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
        forever,
      );
    const all = ['a', 'a', 'b', 'c'].map(take);
    await settled();
    // The second of `a` waits for the first, and lets `b` go before it.
    expect(begun).toEqual(['a', 'b']);
    ends[1]?.();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
    ends[0]?.();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c', 'a']);
    for (const end of ends) end();
    await Promise.all(all);
  });

  it('are given up by those who do not want to wait', async () => {
    const turns = new FileTurns(1);
    let end: () => void = () => undefined;
    const first = turns.take('a', () => new Promise<void>((resolve) => (end = resolve)), forever);
    const leave = new AbortController();
    const second = turns.take('a', () => Promise.reject(new Error('was done')), leave.signal);
    leave.abort();
    await expect(second).rejects.toThrow('Nobody waits');
    end();
    await first;
    expect(await turns.take('a', () => Promise.resolve('done'), forever)).toBe('done');
  });

  it('go on after a failure', async () => {
    const turns = new FileTurns(1);
    await expect(turns.take('a', () => Promise.reject(new Error('failed')), forever)).rejects.toThrow(
      'failed',
    );
    expect(await turns.take('a', () => Promise.resolve(1), forever)).toBe(1);
  });
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
