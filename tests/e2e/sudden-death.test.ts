import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { killGroup, runCommand, stapPath } from '../harness/command.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

// SIGKILL at any moment of the start. Nothing looks into a directory here: its server may be dead.

const SCRIPT = 'probe procfs.read { $value = "abc\\n" } probe procfs.write { print($value) }';

const started: RunningStap[] = [];
afterAll(async () => {
  for (const stap of started) await stap.dispose();
});

const hasDirectory = (root: string): boolean => {
  try {
    return readdirSync(root).length > 0;
  } catch {
    return false; // There is no root yet.
  }
};
const isMounted = (root: string): boolean =>
  readFileSync('/proc/self/mountinfo', 'latin1').includes(` ${root}/`);

/** Checks again and again without a pause, until the condition holds or the time is over. */
async function spinUntil(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!condition() && performance.now() < deadlineMs)
    await new Promise((resolve) => setImmediate(resolve));
}

async function killWhen(condition: (root: string) => boolean, timeoutMs: number): Promise<void> {
  const stap = new RunningStap({ script: SCRIPT, root: makeRoot() });
  started.push(stap);
  await spinUntil(() => condition(stap.root), timeoutMs);
  killGroup(stap.pid, 'SIGKILL');
  expect((await stap.end()).signal).toBe('SIGKILL');
  await stap.assertNothingLeft();
  // Not even the root, which stap had created.
  await until('removal of the root', () => !readdirSync(dirname(stap.root)).includes('root'), 1000);
}

test('killed at 25 moments of its start, stap leaves nothing behind', async () => {
  for (let round = 0; round < 25; round++) await killWhen(() => false, 20 + round * 10 + Math.random() * 10);
}, 60_000);

test('killed as soon as its directory exists', async () => {
  for (let round = 0; round < 8; round++) await killWhen(hasDirectory, 10_000);
}, 30_000);

test('killed as soon as its directory is mounted', async () => {
  for (let round = 0; round < 8; round++) await killWhen(isMounted, 10_000);
}, 30_000);

test('killed after a reload that gave the module its first files', async () => {
  const stap = new RunningStap({
    script: 'probe begin { println("up") } probe timer.s(9) { }',
    options: ['-m', 'grown'],
    root: makeRoot(),
  });
  started.push(stap);
  await until('the begin probe', () => stap.stdout().includes('up'));
  const script = join(dirname(stap.root), 'grown.stp');
  writeFileSync(script, SCRIPT);
  const reload = (): ReturnType<typeof runCommand> =>
    runCommand(join(dirname(stapPath), 'stap-ctl'), ['grown', 'reload', script], {
      env: { STAP_PROCFS_ROOT: stap.root },
    });
  expect(await reload()).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(join(stap.root, 'grown', 'command'), 'latin1')).toBe('abc\n');
  killGroup(stap.pid, 'SIGKILL');
  expect((await stap.end()).signal).toBe('SIGKILL');
  await stap.assertNothingLeft();
});
