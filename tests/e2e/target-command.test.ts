import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { plainEnvironment, runCommand, type Finished } from '../harness/command.ts';
import { mountsBelow, removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, startStap, until } from './running-stap.ts';

// The command of -c, from before the begin probes to its end, and the process of -x.

const SCRIPT = String.raw`
probe begin { printf("target=%d\n", target()) }
probe procfs("t").read { $value = sprintf("%d\n", target()) }
probe end { println("end") }`;

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) {
    expect(mountsBelow(root)).toEqual([]);
    await removeScratchFolder(dirname(root));
  }
});

/** Runs `stap -m NAME -c COMMAND`; ROOT in the command is the root of the module directories. */
function run(command: string, script = SCRIPT, env: Record<string, string> = {}): Promise<Finished> {
  const root = makeRoot();
  roots.push(root);
  return runCommand(
    'stap',
    ['--procfs-root', root, '-m', 'with_command', '-c', command.replaceAll('ROOT', root), '-e', script],
    { env: plainEnvironment(env), cwd: '/' },
  );
}

test('its process number is known in begin probes and is its own, files are there when it starts', async () => {
  const result = await run(`sh -c 'echo $$; cat ROOT/with_command/t'`);
  const pid = /target=(\d+)/.exec(result.stdout)?.[1] ?? '';
  expect(result).toMatchObject({ status: 0, stderr: '' });
  // What two programs write to one socket, as standard output is here, comes in any order.
  expect(result.stdout.split('\n').sort()).toEqual(['', pid, pid, 'end', `target=${pid}`].sort());
});

test.each([
  ['false', 'WARNING: Child process exited with status 1\n'],
  ['sh -c "exit 3"', 'WARNING: Child process exited with status 3\n'],
  [`sh -c 'kill -9 $$'`, 'WARNING: Child process exited with signal 9 (Killed)\n'],
  [`sh -c 'kill -HUP $$'`, 'WARNING: Child process exited with signal 1 (Hangup)\n'],
])('%s: end probes run, the status is told', async (command, warning) => {
  const result = await run(command);
  expect(result.stderr).toBe(`${warning}Pass 5: run failed.  [man error::pass5]\n`);
  expect(result).toMatchObject({ status: 1 });
  expect(result.stdout).toMatch(/^target=\d+\nend\n$/);
});

test.each([
  ['no_such_command a', 127],
  ['/etc/passwd', 126],
])('%s cannot be executed', async (command, status) => {
  const result = await run(command);
  expect(result.stderr).toContain(`WARNING: Child process exited with status ${status}\n`);
  expect(result).toMatchObject({ status: 1 });
});

test.each([
  ['echo "a', 'wordexp: syntax error (unmatched quotes?) in -c COMMAND'],
  ['echo $UNKNOWN', 'wordexp: parsing error (3)'],
  ['echo $(id)', 'wordexp: parsing error (4)'],
  ['echo `id`', 'wordexp: parsing error (4)'],
])('%s is refused, no probe runs', async (command, text) => {
  const result = await run(command);
  expect(result).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `ERROR: ${text}\nPass 5: run failed.  [man error::pass5]\n`,
  });
});

test('words are expanded, what needs a shell gets one', async () => {
  const quiet = 'probe begin { print("") }';
  expect((await run(`echo $GREETING 'a  b' "$GREETING"`, quiet, { GREETING: 'x  y' })).stdout).toBe(
    'x y a  b x  y\n',
  );
  expect((await run('echo one; echo two | tr a-z A-Z', quiet)).stdout).toBe('one\nTWO\n');
});

test('it gets a clean environment with the name of the module, and no descriptor of ours', async () => {
  const env = { IFS: ':', CDPATH: '/', BASH_ENV: '/nowhere', ENV: '/nowhere', KEPT: 'yes' };
  const result = await run(
    `sh -c 'env | grep -E "^(CDPATH|ENV|BASH_ENV|SYSTEMTAP_MODULE|KEPT|STAP_TS.*)=" | sort; ls -l /proc/self/fd | grep -cE "fuse|anon_inode"'`,
    'probe procfs("t").read { $value = "x" }',
    env,
  );
  expect(result).toMatchObject({ stdout: 'KEPT=yes\nSYSTEMTAP_MODULE=with_command\n0\n' });
});

test.each([
  ['exit()', 'end\n', 0],
  ['error("no")', 'error probe\n', 1],
])('a begin probe with %s: it does not run at all', async (statement, stdout, status) => {
  const script = `probe begin { ${statement} } probe end { println("end") } probe error { println("error probe") }`;
  const result = await run(`sh -c 'echo it ran'`, script);
  expect(result).toMatchObject({ status, stdout });
  expect(result.stderr).not.toContain('Child process');
});

test('a command that goes on in the background and keeps standard output does not keep stap', async () => {
  const root = makeRoot();
  roots.push(root);
  const folder = dirname(root);
  const result = await runCommand(
    'sh',
    [
      '-c',
      `stap --procfs-root ${root} -c 'sleep 25 & echo $! > ${folder}/pid' -e 'probe begin { print("") }'; echo "status $?"; kill $(cat ${folder}/pid)`,
    ],
    { timeoutMs: 20_000 },
  );
  expect(result).toMatchObject({ timedOut: false, stdout: 'status 0\n' });
});

test('a command that ignores ^C does not keep stap, and goes on', async () => {
  const stap = new RunningStap({
    script: SCRIPT,
    options: ['-c', `sh -c 'trap "" INT; echo ready; sleep 30'`],
  });
  roots.push(stap.root);
  await stap.ready();
  await stap.printed('ready');
  await stap.printed('target=');
  const pid = Number(/target=(\d+)/.exec(stap.stdout())?.[1]);
  process.kill(-stap.pid, 'SIGINT');
  await until('end of stap', () => !mountsBelow(stap.root).length && !isAlive(stap.pid), 10_000);
  expect(isAlive(pid)).toBe(true);
  process.kill(-stap.pid, 'SIGKILL');
  expect((await stap.end()).stdout).toContain('end\n');
});

test('^C that ends the command too is told as its end', async () => {
  const stap = await startStap({ script: SCRIPT, options: ['-c', 'sleep 30'] });
  roots.push(stap.root);
  await stap.printed('target=');
  const end = await stap.stop('SIGINT');
  expect(end.stderr).toBe(
    'WARNING: Child process exited with signal 2 (Interrupt)\nPass 5: run failed.  [man error::pass5]\n',
  );
  expect(end.status).toBe(1);
});

test('a stopped command has not ended', async () => {
  const stap = await startStap({ script: SCRIPT, options: ['-c', 'sleep 30'] });
  roots.push(stap.root);
  await stap.printed('target=');
  const pid = Number(/target=(\d+)/.exec(stap.stdout())?.[1]);
  process.kill(pid, 'SIGSTOP');
  await until('stopped', () => readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') T '));
  expect(await stap.out('cat t')).toBe(`${pid}\n`);
  process.kill(pid, 'SIGKILL');
  expect((await stap.end()).stderr).toContain('signal 9 (Killed)');
});

test('-x: the end of the process is not the end of the session', async () => {
  const sleeper = await runCommand('sh', ['-c', 'true & echo $!; wait']);
  const pid = sleeper.stdout.trim();
  const stap = await startStap({ script: SCRIPT, options: ['-x', pid] });
  roots.push(stap.root);
  expect(await stap.out('cat t')).toBe(`${pid}\n`);
  expect(await stap.stop()).toMatchObject({ status: 0, stdout: `target=${pid}\nend\n` });
});

test.each(['abc', '12x', '0x1z'])('-x %s is no process number', async (text) => {
  const result = await runCommand('stap', ['-x', text, '-e', SCRIPT]);
  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(/^Invalid target process ID number\.\n/);
});

test('-c and -x exclude each other', async () => {
  const result = await runCommand('stap', ['-x', '1', '-c', 'true', '-e', SCRIPT]);
  expect(result.stderr).toMatch(/^You can't specify -c and -x together\.\n/);
  expect(result.status).toBe(1);
});

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
