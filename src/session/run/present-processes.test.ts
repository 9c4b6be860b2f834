import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CompiledProbe } from '../../module/compiled-module.ts';
import type { ProcessProbeEvent } from '../../module/probe-event.ts';
import { beginPresentProcesses, type PresentTarget } from './present-processes.ts';

const sleeper = spawn('sleep', ['60']);
const shell = spawn('sh', ['-c', 'sleep 60; true']);
const pid = (child: typeof sleeper): number => child.pid ?? 0;

beforeAll(async () => {
  // Both run their program, and the shell's child its own.
  await new Promise((resolve) => setTimeout(resolve, 200));
});
afterAll(() => {
  sleeper.kill('SIGKILL');
  shell.kill('SIGKILL');
});

function fired(
  event: Partial<ProcessProbeEvent>,
  target: PresentTarget = { pid: 0, isCommand: false },
): readonly string[] {
  const found: string[] = [];
  const probe = { event: { family: 'process', what: 'begin', ...event } } as CompiledProbe;
  beginPresentProcesses(
    { probes: [{ ...probe, event: { family: 'never' } }, probe] },
    {
      state: 'RUNNING',
      fire: (index, { pid: process, tid }) => {
        found.push(`${index} ${process} ${tid}`);
        return 'done';
      },
    },
    target,
  );
  return found;
}

test('of one process, of a program, of all but this one', () => {
  expect(fired({ pid: pid(sleeper) })).toEqual([`1 ${pid(sleeper)} ${pid(sleeper)}`]);
  const sleepers = fired({ path: realpathSync('/bin/sleep') });
  expect(sleepers).toContain(`1 ${pid(sleeper)} ${pid(sleeper)}`);
  expect(sleepers).not.toContain(`1 ${pid(shell)} ${pid(shell)}`);
  const all = fired({});
  expect(all).toContain(`1 ${pid(shell)} ${pid(shell)}`);
  expect(all).not.toContain(`1 ${process.pid} ${process.pid}`);
});

test('of the process of -x and what it started; a command of -c begins by itself', () => {
  const target = { pid: pid(shell), isCommand: false };
  const family = fired({}, target);
  expect(family[0]).toBe(`1 ${pid(shell)} ${pid(shell)}`);
  expect(family).toHaveLength(2);
  expect(fired({}, { ...target, isCommand: true })).toEqual([]);
});

test('threads besides the first one; other moments do not come', () => {
  expect(fired({ what: 'thread.begin', pid: pid(sleeper) })).toEqual([]);
  expect(fired({ what: 'thread.begin', pid: process.ppid }).every((line) => line.startsWith('1 '))).toBe(
    true,
  );
  expect(fired({ what: 'end', pid: pid(sleeper) })).toEqual([]);
});
