import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killGroup, type Finished } from '../harness/command.ts';
import { ModuleSession } from './module-session.ts';
import { until } from './running-stap.ts';

// Sessions with detached modules as SystemTap 4.8 answers them; messages and statuses are its own. What differs by
// nature is replaced in the answers: the suffix of compiled modules, sizes, process numbers.

const SCRIPT = `
probe begin { printf("begin target=%d\\n", target()) }
probe end { println("end") }
probe procfs.read { $value = "abc\\n" }`;

/** Long enough for a process number to fit behind it, which -R needs. */
const NAME = 'a_module_of_mine';

const disconnecting = (name: string): string =>
  `\nDisconnecting from systemtap module.\nTo reconnect, type "staprun -A ${name}"\n`;

const answer = ({ status, stdout, stderr }: Finished): object => ({ status, stdout, stderr });
const silence = { status: 0, stdout: '', stderr: '' };

/** Rows of stap-lsmod for these modules (others may run at the same time); the size is a number of the machine. */
const rows = (listing: string, ...names: readonly string[]): string[] =>
  listing
    .split('\n')
    .filter((line) => names.some((name) => line.startsWith(`${name} `)))
    .map((line) => line.replace(/\s+\d+\s+/, ' SIZE ').trimEnd());

const sessions: ModuleSession[] = [];
afterAll(async () => {
  for (const session of sessions) await session.dispose();
});
function newSession(): ModuleSession {
  const session = new ModuleSession();
  sessions.push(session);
  return session;
}

describe('a compiled module', () => {
  const session = newSession();
  const path = `${session.folder}/${NAME}.stapmod`;
  const sh = async (command: string): Promise<object> => answer(await session.sh(command));
  const load = (): Promise<object> => sh(`staprun -L ${path}`);
  const loaded = { ...silence, stderr: disconnecting(NAME) };
  const exists = {
    status: 1,
    stdout: '',
    stderr: `ERROR: Couldn't insert module '${path}': File exists\nERROR: Rerun with staprun option '-R' to rename this module.\n`,
  };
  const notRunning = (name: string): object => ({
    status: 234,
    stdout: '',
    stderr: `ERROR: Cannot attach to module ${name} control channel; not running?\nERROR: '${name}' is not a zombie systemtap module.\n`,
  });
  beforeAll(async () => {
    const made = await session.sh(`stap -p4 -m ${NAME} -e '${SCRIPT}'`);
    expect(answer(made)).toEqual({ ...silence, stdout: `${NAME}.stapmod\n` });
  });

  test('-L loads it, says how to reconnect and leaves it running', async () => {
    expect(await load()).toEqual(loaded);
    expect(session.directories()).toEqual([NAME]);
    expect(rows((await session.sh('stap-lsmod')).stdout, NAME)).toEqual([`${NAME} SIZE 0`]);
    expect(await sh(`cat ${session.root}/${NAME}/command`)).toEqual({ ...silence, stdout: 'abc\n' });
  });
  test('loaded again it is refused, with -L or without', async () => {
    expect(await load()).toEqual(exists);
    expect(await sh(`timeout 10 staprun ${path}`)).toEqual(exists);
  });
  test('-R gives it another name of the same length', async () => {
    const { status, stderr } = await session.sh(`staprun -R -L ${path}`);
    const name = /staprun -A (\w+)/.exec(stderr)?.[1] ?? '';
    expect(name).toMatch(/^a_\w*_\d+$/);
    expect(name.length).toBe(NAME.length);
    expect({ status, stderr }).toEqual({ status: 0, stderr: disconnecting(name) });
    expect(session.directories().sort()).toEqual([NAME, name].sort());
    expect(await sh(`staprun -d ${name}`)).toEqual(silence);
  });
  test('-A gets the output kept so far; ^C in it ends the module', async () => {
    expect(await sh(`timeout -s INT 1 staprun -A ${NAME}`)).toEqual({
      status: 124,
      stdout: 'begin target=0\nend\n',
      stderr: '',
    });
    expect(session.directories()).toEqual([]);
  });
  test('stap-rmmod removes it while it is detached', async () => {
    expect(await load()).toEqual(loaded);
    expect(await sh(`stap-rmmod ${NAME}`)).toEqual(silence);
    expect(session.directories()).toEqual([]);
  });
  test('-d removes it, with a shell in its directory', async () => {
    expect(await load()).toEqual(loaded);
    const directory = `${session.root}/${NAME}`;
    const shell = spawn('/bin/bash', ['-c', 'read -r; pwd; ls -A; exit 0'], {
      cwd: directory,
      env: session.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const seen: Buffer[] = [];
    shell.stdout.on('data', (chunk: Buffer) => seen.push(chunk));
    await until('the shell', () => existsSync(`/proc/${String(shell.pid)}/cwd`));
    expect(await sh(`staprun -d ${NAME}`)).toEqual(silence);
    expect(session.directories()).toEqual([]);
    shell.stdin.write('\n');
    await new Promise((resolve) => shell.on('close', resolve));
    expect(Buffer.concat(seen).toString()).toBe(`${directory}\n`);
    if (shell.pid !== undefined) killGroup(shell.pid, 'SIGKILL');
  });
  test('what is not there cannot be deleted, attached to or loaded', async () => {
    expect(await sh(`staprun -d ${NAME}`)).toEqual(notRunning(NAME));
    expect(await sh('staprun -d stap_none')).toEqual(notRunning('stap_none'));
    expect(await sh('staprun -A nosuch')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'ERROR: Cannot attach to module nosuch control channel; not running?\n',
    });
    const missing = `${session.folder}/nosuch.stapmod`;
    expect(await sh(`staprun ${missing}`)).toEqual({
      status: 1,
      stdout: '',
      stderr: `ERROR: Unable to canonicalize path "${missing}": No such file or directory\nERROR: Couldn't insert module '${missing}': Unknown symbol in module\n`,
    });
    expect((await session.sh(`stap-rmmod ${NAME}`)).stderr).toMatch(
      new RegExp(`^(stap-)?rmmod: ERROR: Module ${NAME} is not currently loaded\n$`),
    );
  });
  test('staprun without a module prints its usage', async () => {
    const result = await session.sh('staprun');
    expect(result.status).toBe(1);
    expect(result.stderr).toBe('ERROR: Need a module name or path to load.\n');
    expect(result.stdout).toMatch(/^\nstaprun \[-v\] [^]*\bMODULE\b/);
    expect((await session.sh('staprun -V')).status).toBe(0);
  });
  test('nothing is left', () => session.assertNothingLeft());
});

describe('the flight recorder', () => {
  test('-F -o FILE prints the number of its process and writes the file', async () => {
    const session = newSession();
    const log = `${session.folder}/fr.log`;
    const { status, stdout, stderr } = await session.sh(`stap -F -o ${log} -e '${SCRIPT}'`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+\n$/);
    const name = session.directories()[0] ?? '';
    expect(name).toMatch(/^stap_[0-9a-f]+_+\d+$/);
    expect(rows((await session.sh('stap-lsmod')).stdout, name)).toEqual([`${name} SIZE 1`]);
    expect((await session.sh(`cat ${session.root}/*/command`)).stdout).toBe('abc\n');
    process.kill(Number(stdout), 'SIGTERM');
    await session.assertNothingLeft();
    expect(readFileSync(log, 'latin1')).toBe('begin target=0\nend\n');
  });
  test('-F keeps the output for whoever attaches; after that the module is gone', async () => {
    const session = newSession();
    const { status, stdout, stderr } = await session.sh(`stap -F -e '${SCRIPT}'`);
    const name = session.directories()[0] ?? '';
    expect(name).toMatch(/^stap_[0-9a-f]+_+\d+$/);
    expect({ status, stdout, stderr }).toEqual({ ...silence, stderr: disconnecting(name) });
    expect(rows((await session.sh('stap-lsmod')).stdout, name)).toEqual([`${name} SIZE 0`]);
    expect((await session.sh(`cat ${session.root}/${name}/command`)).stdout).toBe('abc\n');
    const attached = await session.sh(`timeout -s INT 1 staprun -A ${name}`);
    expect(answer(attached)).toEqual({ status: 124, stdout: 'begin target=0\nend\n', stderr: '' });
    expect(session.directories()).toEqual([]);
    const deleted = await session.sh(`staprun -d ${name}`);
    expect(deleted.status).toBe(234);
    expect(deleted.stderr).toContain(`ERROR: '${name}' is not a zombie systemtap module.\n`);
    await session.assertNothingLeft();
  });
});

describe('a run in the foreground', () => {
  test('the same script twice at once: two modules, each used by one', async () => {
    const session = newSession();
    const staps = [0, 1].map(() =>
      session.sh(`stap -e '${SCRIPT}' & wait $!; echo "status $?"`, { timeoutMs: 15_000 }),
    );
    await until('two directories', () => session.directories().length === 2);
    const names = session.directories().sort();
    const listing = await session.listing(
      new RegExp(names.map((name) => `(?=[^]*\\n${name} .* 1\\n)`).join('')),
    );
    expect(rows(listing, ...names).sort()).toEqual(names.map((name) => `${name} SIZE 1`));
    for (const name of names) expect((await session.sh(`stap-rmmod -f ${name}`)).status).toBe(0);
    for (const stap of staps) expect((await stap).stdout).toBe('begin target=0\nend\nstatus 0\n');
    await session.assertNothingLeft();
  });
  test('-c: target() is the command, its end is the end', async () => {
    const session = newSession();
    const result = await session.sh(`stap -c 'sleep 0.2' -e '${SCRIPT}'`);
    expect(result.stdout).toMatch(/^begin target=[1-9]\d*\nend\n$/);
    expect(result).toMatchObject({ status: 0, stderr: '' });
    await session.assertNothingLeft();
  });
  test('-x with the number of no process runs on', async () => {
    const session = newSession();
    const result = await session.sh(`timeout -s INT 1 stap -x 4194300 -e '${SCRIPT}'`);
    expect(answer(result)).toEqual({ status: 124, stdout: 'begin target=4194300\nend\n', stderr: '' });
    await session.assertNothingLeft();
  });
});
