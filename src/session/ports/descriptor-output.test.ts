import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutputChannel } from '../../runtime/output.ts';
import { DescriptorOutput } from './descriptor-output.ts';
import { loadNativeCalls } from './native-calls.ts';

let directory = '';
let reader: ChildProcess | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'descriptor-output-'));
  execFileSync('mkfifo', [join(directory, 'pipe')]);
});
afterEach(() => {
  reader?.kill();
  rmSync(directory, { recursive: true });
});

/** Opens the pipe for writing, read and written by a shell command. */
function openPipe(command: string): number {
  reader = spawn('sh', ['-c', `exec < ${directory}/pipe; ${command}`]);
  return openSync(join(directory, 'pipe'), 'w');
}

function statusFlags(fd: number): number {
  return Number.parseInt(
    /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '',
    8,
  );
}

test('a full pipe never blocks, nothing is lost, and the shared flags stay', async () => {
  const text = '0123456789abcdef'.repeat(40_000);
  const fd = openPipe(
    `until [ -e ${directory}/go ]; do sleep 0.02; done; head -c ${text.length} > ${directory}/copy`,
  );
  const ended = new Promise((resolve) => reader?.once('exit', resolve));
  const channel = new OutputChannel(
    new DescriptorOutput(fd, () => Promise.resolve(loadNativeCalls())),
    () => undefined,
  );
  // Nobody reads before both have returned.
  channel.write(text);
  channel.flush();
  writeFileSync(join(directory, 'go'), '');
  expect(statusFlags(fd) & constants.O_NONBLOCK).toBe(0);
  await channel.drained();
  await ended;
  closeSync(fd);
  expect(readFileSync(join(directory, 'copy'), 'latin1') === text).toBe(true);
});

test('a reader that went away is told once', async () => {
  const fd = openPipe('read -r line; exit');
  let broken = 0;
  const channel = new OutputChannel(
    new DescriptorOutput(fd, () => Promise.resolve(loadNativeCalls())),
    () => (broken += 1),
  );
  channel.write('line\n');
  channel.flush();
  await new Promise((resolve) => reader?.once('exit', resolve));
  channel.write('more\n');
  channel.flush();
  channel.write('even more\n');
  channel.flush();
  expect(broken).toBe(1);
  closeSync(fd);
});
