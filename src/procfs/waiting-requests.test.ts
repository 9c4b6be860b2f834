import { describe, expect, it } from 'vitest';
import { WaitingRequests } from './waiting-requests.ts';

function setup(answerable: Set<number>): { waiting: WaitingRequests; answered: number[] } {
  const waiting = new WaitingRequests();
  const answered: number[] = [];
  for (const id of [1, 2, 3]) {
    const attempt = (): boolean => {
      if (answerable.has(id)) answered.push(id);
      return answerable.has(id);
    };
    waiting.add({ uniqueLow: id, uniqueHigh: 0, attempt });
  }
  return { waiting, answered };
}

describe('WaitingRequests', () => {
  it('answers in order and stops at the first that must wait', () => {
    const { waiting, answered } = setup(new Set([1, 3]));
    waiting.drainInOrder();
    expect(answered).toEqual([1]);
    expect(waiting.length).toBe(2);
  });

  it('gives each a chance when order does not matter', () => {
    const { waiting, answered } = setup(new Set([1, 3]));
    waiting.attemptAll();
    expect(answered).toEqual([1, 3]);
    expect(waiting.take(2, 0)?.uniqueLow).toBe(2);
    expect(waiting.length).toBe(0);
  });

  it('takes one out by its id', () => {
    const { waiting, answered } = setup(new Set([1, 2, 3]));
    expect(waiting.take(2, 1)).toBeUndefined();
    expect(waiting.take(2, 0)).toBeDefined();
    waiting.drainInOrder();
    expect(answered).toEqual([1, 3]);
  });
});
