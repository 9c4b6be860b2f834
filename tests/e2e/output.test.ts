import { spawn } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { killGroup, plainEnvironment, runCommand, stapPath } from '../harness/command.ts';
import { mountsBelow } from '../harness/scratch-folder.ts';
import { makeRoot, startStap, until, type RunningStap } from './running-stap.ts';

// Nothing printed is lost, however slowly it is read; a reader that goes away ends the session.

const started: RunningStap[] = [];
afterAll(async () => {
  for (const stap of started) await stap.dispose();
});

/** One process that writes many numbered lines, one write(2) each. */
const floodBy = (directory: string, lines: number): string =>
  `python3 -c 'import os
fd = os.open("${directory}/in", os.O_WRONLY)
for i in range(${lines}): os.write(fd, b"line %d of the flood\\n" % i)'`;

test('20,000 writes are 20,000 whole lines', async () => {
  const stap = await startStap('probe procfs("in").write { printf("%s", $value) }');
  started.push(stap);
  const result = await runCommand('/bin/bash', ['-c', floodBy(stap.directory, 20_000)], {
    timeoutMs: 60_000,
  });
  expect(result).toMatchObject({ status: 0, stderr: '' });
  const end = await stap.stop();
  const lines = end.stdout.split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.length).toBe(20_000);
  expect(lines.every((line, index) => line === `line ${index} of the flood`)).toBe(true);
  expect(end.status).toBe(0);
});

test('a slow reader of the output loses nothing', async () => {
  const root = makeRoot();
  const child = spawn(
    '/bin/bash',
    [
      '-c',
      `${stapPath} --procfs-root ${root} -m slow -e 'probe procfs("in").write { printf("%s", $value) }' | (trap '' INT; sleep 2; md5sum)`,
    ],
    { env: plainEnvironment(), detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const closed = new Promise((resolve) => child.on('close', resolve));
  await until('mount', () => mountsBelow(root).length === 1, 15_000);
  const flood = await runCommand('/bin/bash', ['-c', floodBy(`${root}/slow`, 10_000)], { timeoutMs: 60_000 });
  expect(flood).toMatchObject({ status: 0, stderr: '' });
  // ^C reaches the readers too, which ignore it.
  killGroup(child.pid ?? 0, 'SIGINT');
  await closed;
  const expected = await runCommand('/bin/bash', [
    '-c',
    'for ((i = 0; i < 10000; i++)); do echo "line $i of the flood"; done | md5sum',
  ]);
  expect(output).toBe(expected.stdout);
  expect(mountsBelow(root)).toEqual([]);
});

describe('a reader that goes away', () => {
  test('ends the session, leaving nothing', async () => {
    const root = makeRoot();
    const result = await runCommand(
      '/bin/bash',
      ['-c', `${stapPath} --procfs-root ${root} -e 'probe timer.ms(10) { println("tick") }' | head -n 2`],
      { timeoutMs: 15_000 },
    );
    expect(result.timedOut).toBe(false);
    expect(result.stdout).toBe('tick\ntick\n');
    await until('unmount', () => mountsBelow(root).length === 0, 2000);
  });
});

describe('-o', () => {
  test('takes the output, messages stay', async () => {
    const folder = (await runCommand('mktemp', ['-d'])).stdout.trim();
    const stap = await startStap({
      script: 'probe procfs("in").write { printf("%s", $value) warn("warned") }',
      options: ['-o', `${folder}/out-%Y.txt`],
    });
    started.push(stap);
    await stap.out('echo to the file > in');
    const end = await stap.stop();
    expect(end.stdout).toBe('');
    expect(end.stderr).toBe('WARNING: warned\n');
    const year = new Date().getUTCFullYear();
    expect((await runCommand('cat', [`${folder}/out-${year}.txt`])).stdout).toBe('to the file\n');
    await runCommand('rm', ['-rf', folder]);
  });
});
