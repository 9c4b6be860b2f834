import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { killGroup } from '../harness/command.ts';
import { ModuleSession } from './module-session.ts';
import { RunningStap, until, type StapRun } from './running-stap.ts';

// The end of the session that a user of procfs probes knows: a shell still stands in the module's directory when the
// script is ended, the script is started again, and what is there is looked at and removed. README, "When something is
// stuck", shows these messages.

const RUN: StapRun = {
  script: `
    probe procfs("digoal").read { $value = "Hello from read\\n" }
    probe procfs("digoal").write { printf("%s", $value) }
    probe end { println("bye") }`,
  options: ['-m', 'seed_ending'],
};

/** The user does not leave the directory first: every command works where it was. */
const INSIDE = `stap-lsmod | wc -l; stap -e 'probe begin { println("started again") exit() }'`;

const session = new ModuleSession();
const started: RunningStap[] = [];
const start = (): Promise<RunningStap> => {
  const stap = new RunningStap({ ...RUN, root: session.root, env: session.environment });
  started.push(stap);
  return stap.ready();
};
afterAll(async () => {
  for (const stap of started) if (!stap.isOver) killGroup(stap.pid, 'SIGKILL');
  await session.dispose();
});

test('a shell inside, ^C, the same script again, stap-lsmod, stap-rmmod', async () => {
  const first = await start();
  const shell = spawn('/bin/bash', ['-c', `read -r; pwd; ls; cat digoal; ${INSIDE}`], {
    cwd: first.directory,
    env: session.environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const shellSaw: Buffer[] = [];
  shell.stdout.on('data', (chunk: Buffer) => shellSaw.push(chunk));
  await until('the shell', () => existsSync(`/proc/${String(shell.pid)}/cwd`));

  // ^C: the script ends as always, and says who is inside.
  expect(await first.stop()).toMatchObject({
    status: 0,
    stdout: 'bye\n',
    stderr: `WARNING: module directory was in use by: ${String(shell.pid)} (bash)\n`,
  });
  expect(session.directories()).toEqual([]);
  expect((await session.sh('stap-lsmod')).stdout).not.toMatch(/^seed_ending /m);

  // The same script, under the same name, while the shell still stands where the first one was.
  const second = await start();
  expect(await second.out('cat digoal')).toBe('Hello from read\n');
  const row = /^Module +Size +Used by\n([^]*\n)?seed_ending +\d+ +1\n/;
  expect(await session.listing(row)).toMatch(row);

  // Its stap is attached to it, so it is in use; -f ends it all the same, in good order.
  const refused = await session.sh('stap-rmmod seed_ending');
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('Module seed_ending is in use');
  expect(refused.stderr).toContain(String(second.pid));
  expect(await session.sh('stap-rmmod -f seed_ending')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(await second.end()).toMatchObject({ status: 0, stdout: 'bye\n', stderr: '' });
  const gone = await session.sh('stap-rmmod seed_ending');
  expect(gone.status).toBe(1);
  expect(gone.stderr).toContain('Module seed_ending is not currently loaded');

  // The shell inside never notices more than an empty directory, and starts the next script from there.
  shell.stdin.write('\n');
  await new Promise((resolve) => shell.on('close', resolve));
  expect(Buffer.concat(shellSaw).toString('latin1')).toBe(`${session.root}/seed_ending\n1\nstarted again\n`);
  await session.assertNothingLeft();
}, 60_000);
