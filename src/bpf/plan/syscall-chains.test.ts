import { describe, expect, it } from 'vitest';
import { SYSCALL_SLOTS } from '../../module/kernel-part.ts';
import { probeSites, type ProbeSite } from './probe-sites.ts';
import { chainSyscalls, standalone } from './syscall-chains.ts';
import { TASK_ENVIRONMENT } from './testing/task-structure.ts';

function place(number: number, access: 'enter' | 'exit' = 'enter'): ProbeSite {
  const [site] = probeSites(
    { family: 'syscall', name: 'x', number, access },
    {
      environment: TASK_ENVIRONMENT,
      architecture: 'x86_64',
      inodeOf: () => undefined,
    },
  );
  if (site === undefined) throw new Error('no site');
  return site;
}

describe('probes of system calls', () => {
  it('follow each other when they are of the same one', () => {
    const { links, slots } = chainSyscalls([
      place(1),
      place(2),
      place(1),
      place(1, 'exit'),
      place(1),
      place(2, 'exit'),
    ]);
    const first = 2 * SYSCALL_SLOTS;
    expect(slots).toBe(2);
    expect([...links]).toEqual([
      [0, { continueAt: first }],
      [1, {}],
      [2, { slot: first, continueAt: first + 1 }],
      [3, {}],
      [4, { slot: first + 1 }],
      [5, {}],
    ]);
  });

  it('are attached by themselves where there is no other of their access', () => {
    const { links } = chainSyscalls([place(1), place(2, 'exit'), place(1)]);
    expect([...links.keys()]).toEqual([0, 2]);
  });

  it('that are too many or out of range are attached by themselves', () => {
    const { links } = chainSyscalls([
      ...Array.from({ length: 31 }, () => place(3)),
      place(SYSCALL_SLOTS, 'exit'),
    ]);
    expect(links.size).toBe(30);
    expect(standalone(place(SYSCALL_SLOTS, 'exit'))).toMatchObject({
      site: { kind: 'tracepoint', name: 'sys_exit' },
      guard: { operator: '==', left: { kind: 'syscall-number' }, right: { value: SYSCALL_SLOTS } },
    });
  });
});
