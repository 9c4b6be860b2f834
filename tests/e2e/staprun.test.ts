import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainEnvironment, repositoryRoot, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { makeScratchFolder, mountsBelow, removeScratchFolder } from '../harness/scratch-folder.ts';
import { until } from './running-stap.ts';

const staprunPath = join(repositoryRoot, 'staprun');
const SCRIPT = `
global n = 1, text = "one", list
probe begin { printf("begin %d %s target=%d %s\\n", n, text, target(), module_name()) list[1] = 2 }
probe procfs("n").read { $value = sprintf("%d\\n", n) }
probe procfs("n").write { n = strtol($value, 10); printf("n set to %d\\n", n) }
probe end { println("end ", list[1]) }
`;
const DISCONNECTED = (name: string): string =>
  `\nDisconnecting from systemtap module.\nTo reconnect, type "staprun -A ${name}"\n`;

let folder = '';
let root = '';
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = makeScratchFolder('staprun');
  root = join(folder, 'root');
  // A build on the first start would print a line.
  await runCommand(stapPath, ['-V']);
  const compiled = await runCommand(stapPath, ['-p4', '-m', 'mymod', '-e', SCRIPT], { cwd: folder });
  expect(compiled).toMatchObject({ status: 0, stdout: 'mymod.stapmod\n', stderr: '' });
});
afterAll(async () => {
  await staprun(['-d', '*']);
  for (const child of children) child.kill('SIGKILL');
  await removeScratchFolder(folder);
});

function environment(extra: Record<string, string> = {}): Record<string, string> {
  return plainEnvironment({ STAP_PROCFS_ROOT: root, ...extra });
}

function staprun(words: readonly string[], extra: Record<string, string> = {}): Promise<Finished> {
  return runCommand(staprunPath, words, { cwd: folder, env: environment(extra) });
}

/** staprun as a process that goes on; what it wrote so far. */
function start(words: readonly string[]): { child: ChildProcess; text: () => string; errors: () => string } {
  const child = spawn(staprunPath, words, {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('latin1')));
  return { child, text: () => text, errors: () => errors };
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.once('close', (status) => resolve(status));
  });
}

function nothingLeft(): void {
  expect(mountsBelow(root)).toEqual([]);
  expect(existsSync(root) ? readdirSync(root) : []).toEqual([]);
}

describe('a compiled module', () => {
  test('runs in the foreground, as -c lets it', async () => {
    const run = await staprun(['-c', `cat ${root}/mymod/n`, 'mymod.stapmod']);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/^begin 1 one target=\d+ mymod\n1\nend 2\n$/);
    nothingLeft();
  });

  test('ends by ^C with its end probes and status 0', async () => {
    const run = start(['./mymod.stapmod']);
    await until('begin', () => run.text().includes('begin') && existsSync(`${root}/mymod/n`));
    run.child.kill('SIGINT');
    expect(await ended(run.child)).toBe(0);
    expect(run.text()).toBe('begin 1 one target=0 mymod\nend 2\n');
    expect(run.errors()).toBe('');
    nothingLeft();
  });

  test('gets its globals from NAME=VALUE words', async () => {
    const run = await staprun(['-x', '77', '-c', '', 'mymod.stapmod']);
    expect(run.status).toBe(1);
    const set = await staprun(['-c', 'true', 'mymod.stapmod', 'n=0x10', 'text=two words', '_stp_bufsize=2']);
    expect(set).toMatchObject({ status: 0, stderr: '' });
    expect(set.stdout).toMatch(/^begin 16 two words target=\d+ mymod\nend 2\n$/);
  });

  test.each([
    ['nosuch=1', 'nosuch: the module has no such scalar global variable'],
    ['n', "n: '' is not a number"],
    ['n=1x', "n: '1x' is not a number"],
    ['list=1', 'list: the module has no such scalar global variable'],
    ['_stp_bufsize=0', "_stp_bufsize: '0' is not between 1 and 4095"],
  ])('is not inserted with the parameter %s', async (word, reason) => {
    expect(await staprun(['mymod.stapmod', word])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `ERROR: Couldn't insert module 'mymod.stapmod': Invalid parameters\nERROR: ${reason}\n`,
    });
  });

  test('keeps what its compilation was told: arguments, -t, --suppress-handler-errors', async () => {
    await runCommand(
      stapPath,
      ['-p4', '-m', 'told', '--suppress-handler-errors', '-t', '-DSTP_FORCE_STDOUT_TTY', '-e']
        .concat('probe begin { printf("%s %d\\n", argv[1], argc) error("no") } probe begin(1) { exit() }')
        .concat('first', 'second'),
      { cwd: folder },
    );
    const run = await staprun(['told.stapmod']);
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/^first 2\n/);
    expect(run.stdout + run.stderr).toMatch(/probe hit report/);
  });

  test('is found by a path that ends in .ko when only its .stapmod is there', async () => {
    expect((await staprun(['-c', 'true', `${folder}/mymod.ko`])).stdout).toContain('mymod\nend 2\n');
    writeFileSync(join(folder, 'kernel.ko'), '\x7fELF');
    copyFileSync(join(folder, 'mymod.stapmod'), join(folder, 'kernel.stapmod'));
    expect(await staprun(['kernel.ko'])).toMatchObject({
      status: 1,
      stderr:
        "ERROR: Couldn't insert module 'kernel.ko': Invalid module format\nERROR: kernel.ko is not a module of stap-ts\n",
    });
  });

  test('that is not there', async () => {
    expect(await staprun([`${folder}/nosuch.ko`])).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        `ERROR: Unable to canonicalize path "${folder}/nosuch.ko": No such file or directory\n` +
        `ERROR: Couldn't insert module '${folder}/nosuch.ko': Unknown symbol in module\n`,
    });
    const release = readFileSync('/proc/sys/kernel/osrelease', 'latin1').trim();
    expect((await staprun(['nosuch'])).stderr).toContain(
      `Unable to canonicalize path "/lib/modules/${release}/systemtap/nosuch.stapmod"`,
    );
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['cut', (path) => truncateSync(path, 500), /format\nERROR: bad\.stapmod is truncated\n$/],
    [
      'damaged',
      (path) => writeFileSync(path, readFileSync(path, 'latin1').replace('begin', 'Begin'), 'latin1'),
      /format\nERROR: bad\.stapmod is damaged: its checksum is wrong\n$/,
    ],
    [
      'of another version',
      (path) => writeFileSync(path, 'stapmod 3 by stap-ts 0.9, and so on'),
      /format\nERROR: bad\.stapmod was written by stap-ts 0\.9 \(format 3\); this program reads format 1: compile it again with stap -p4\n$/,
    ],
    [
      'that others can write',
      (path) => chmodSync(path, 0o666),
      /Operation not permitted\nERROR: bad\.stapmod can be written by other users, .*\n$/,
    ],
    ['that is a directory', (path) => mkdirSync(`${path}.d/`), /./],
  ])('%s is refused', async (_what, damage, expected) => {
    const path = join(folder, 'bad.stapmod');
    copyFileSync(join(folder, 'mymod.stapmod'), path);
    damage(path);
    const target = existsSync(`${path}.d`) ? `${path}.d/` : 'bad.stapmod';
    const run = await staprun([target]);
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toMatch(/^ERROR: Couldn't insert module '/);
    expect(run.stderr).toMatch(expected);
  });

  test('has the name of its file', async () => {
    copyFileSync(join(folder, 'mymod.stapmod'), join(folder, 'copy_of_it.stapmod'));
    expect((await staprun(['-c', 'true', 'copy_of_it.stapmod'])).stdout).toMatch(/ copy_of_it\nend 2\n$/);
    copyFileSync(join(folder, 'mymod.stapmod'), join(folder, 'no good.stapmod'));
    const run = await staprun(['-c', 'true', 'no good.stapmod']);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('cannot be the name of a module');
  });

  test('gets the environment that staprun(8) tells', async () => {
    const run = await staprun(['-c', 'env', 'mymod.stapmod'], {
      IFS: 'x',
      CDPATH: '/',
      ENV: 'e',
      BASH_ENV: 'b',
    });
    expect(run.stdout).toContain('\nSYSTEMTAP_MODULE=mymod\n');
    expect(run.stdout).not.toMatch(/^(IFS|CDPATH|ENV|BASH_ENV)=/m);
  });

  test('writes to the file of -o', async () => {
    expect(await staprun(['-o', 'out-%%.txt', '-c', 'true', 'mymod.stapmod'])).toMatchObject({ stdout: '' });
    expect(readFileSync(join(folder, 'out-%.txt'), 'latin1')).toMatch(/^begin 1 .*\nend 2\n$/);
  });
});

describe('a module that runs on its own', () => {
  const alone = (name: string): string => {
    copyFileSync(join(folder, 'mymod.stapmod'), join(folder, `${name}.stapmod`));
    return `${name}.stapmod`;
  };

  test('is started by -L, kept under its name, read by -A and ended by ^C there', async () => {
    const file = alone('detached');
    expect(await staprun(['-L', file])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: DISCONNECTED('detached'),
    });
    expect(readFileSync(`${root}/detached/n`, 'latin1')).toBe('1\n');
    for (const words of [['-L', file], [file]])
      expect(await staprun(words)).toMatchObject({
        status: 1,
        stdout: '',
        stderr:
          `ERROR: Couldn't insert module '${file}': File exists\n` +
          "ERROR: Rerun with staprun option '-R' to rename this module.\n",
      });
    writeFileSync(`${root}/detached/n`, '7\n');
    const reader = start(['-A', 'detached']);
    await until('what was kept', () => reader.text().includes('n set to 7'));
    expect((await staprun(['-A', 'detached'])).stderr).toContain(
      'ERROR: Cannot attach to module detached control channel; not running?\n',
    );
    expect(await staprun(['-d', 'detached'])).toMatchObject({
      status: 234,
      stderr:
        'ERROR: Cannot attach to module detached control channel; not running?\n' +
        "ERROR: 'detached' is not a zombie systemtap module.\n",
    });
    reader.child.kill('SIGINT');
    expect(await ended(reader.child)).toBe(0);
    expect(reader.text()).toBe('begin 1 one target=0 detached\nn set to 7\nend 2\n');
    nothingLeft();
  });

  test('runs twice with -R', async () => {
    const file = alone('long_enough_name');
    const names: string[] = [];
    for (const words of [
      ['-R', '-L', file],
      ['-L', '-R', file],
    ]) {
      const { status, stderr } = await staprun(words);
      expect(status).toBe(0);
      names.push(/staprun -A (\w+)"/.exec(stderr)?.[1] ?? '');
    }
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(name).toMatch(/^long_.*_\d+$/);
      expect(name).toHaveLength('long_enough_name'.length);
    }
    expect((await staprun(['-d', '*'])).stdout.split('\n').sort()).toEqual(
      ['', ...names.map((name) => `Module ${name} removed.`)].sort(),
    );
    nothingLeft();
  });

  test("is left alone by -d '*' when it is below another root", async () => {
    const elsewhere = join(folder, 'elsewhere');
    const other = { STAP_PROCFS_ROOT: elsewhere };
    await staprun(['-L', alone('far_away')], other);
    expect((await staprun(['-d', '*'])).stdout).toBe('');
    expect(readFileSync(`${elsewhere}/far_away/n`, 'latin1')).toBe('1\n');
    expect((await staprun(['-d', '*'], other)).stdout).toBe('Module far_away removed.\n');
  });

  test('keeps a name too short for -R, with a warning', async () => {
    expect(await staprun(['-R', '-c', 'true', alone('ab')])).toMatchObject({
      status: 0,
      stderr: "WARNING: Old module name 'ab' is too short for renaming, ignoring -R.\n",
    });
  });

  test('is ended by -d, once', async () => {
    await staprun(['-L', alone('doomed')]);
    expect(await staprun(['-d', 'doomed'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(await staprun(['-d', 'doomed'])).toMatchObject({
      status: 234,
      stdout: '',
      stderr:
        'ERROR: Cannot attach to module doomed control channel; not running?\n' +
        "ERROR: 'doomed' is not a zombie systemtap module.\n",
    });
    expect(await staprun(['-A', 'doomed'])).toMatchObject({
      status: 1,
      stderr: 'ERROR: Cannot attach to module doomed control channel; not running?\n',
    });
    nothingLeft();
  });

  test('with -D writes to its file and prints its process number', async () => {
    const { status, stdout, stderr } = await staprun(['-D', '-o', 'daemon.log', alone('daemon')]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+\n$/);
    expect(readFileSync(`${root}/daemon/n`, 'latin1')).toBe('1\n');
    process.kill(Number(stdout), 'SIGTERM');
    await until('end', () => mountsBelow(root).length === 0 && !existsSync(`${root}/.daemon`));
    expect(readFileSync(join(folder, 'daemon.log'), 'latin1')).toBe('begin 1 one target=0 daemon\nend 2\n');
  });

  test('goes on when its reader is killed, and loses nothing', async () => {
    await staprun(['-L', alone('steady')]);
    const first = start(['-A', 'steady']);
    await until('begin', () => first.text().includes('begin'));
    first.child.kill('SIGKILL');
    await ended(first.child);
    writeFileSync(`${root}/steady/n`, '3\n');
    const second = start(['-A', 'steady']);
    await until('the rest', () => second.text().includes('n set to 3'));
    second.child.kill('SIGTERM');
    expect(await ended(second.child)).toBe(0);
    expect(second.text()).toBe('n set to 3\nend 2\n');
  });
});

describe('the command line', () => {
  test('-V and -h', async () => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await staprun(['-V'])).toMatchObject({
      status: 0,
      stdout: `Systemtap module loader/runner (stap-ts ${version})\n`,
    });
    const help = await staprun(['-h']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const letter of 'vwVhucxNobLACdRrDSTMiF') expect(help.stdout).toContain(`\n-${letter}`);
  });

  test('what is wrong with it is said, then the usage is shown', async () => {
    const help = (await staprun(['-h'])).stdout;
    for (const [words, message] of [
      [[], 'ERROR: Need a module name or path to load.\n'],
      [['-A', '-L', 'm'], "ERROR: You can't specify the '-A' and '-L' options together.\n"],
      [['-z', 'm'], "staprun: invalid option -- 'z'\n"],
    ] as const)
      expect(await staprun(words)).toMatchObject({ status: 1, stdout: help, stderr: message });
    expect(await staprun(['-F', '3', 'm'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'ERROR: Relay basedir -F option is invalid for staprun\n',
    });
  });

  test('-C always colours its messages', async () => {
    const words = ['-C', 'always', './nosuch.stapmod'];
    expect((await staprun(words)).stderr).toMatch(/^\x1b\[01;31m\x1b\[KERROR:\x1b\[m\x1b\[K Unable/);
  });
});

describe.runIf(process.getuid?.() === 0)('an ordinary user', () => {
  const NOBODY = 65534;
  const nobody = (words: readonly string[], extra: Record<string, string> = {}): Promise<Finished> => {
    const place = join(folder, 'nobody');
    mkdirSync(place, { recursive: true });
    chmodSync(place, 0o777);
    chmodSync(folder, 0o755);
    return runCommand(staprunPath, words, {
      cwd: place,
      env: plainEnvironment({ STAP_PROCFS_ROOT: join(place, 'root'), ...extra }),
      uid: NOBODY,
      gid: NOBODY,
    });
  };

  test('runs modules of root and of its own; root runs its own only for sudo', async () => {
    await runCommand(
      stapPath,
      ['-p4', '-m', 'plain', '-e', 'probe begin { printf("for %d\\n", uid()) exit() }'],
      { cwd: folder },
    );
    expect((await nobody([`${folder}/plain.stapmod`])).stdout).toBe(`for ${NOBODY}\n`);
    const own = join(folder, 'nobody/own.stapmod');
    await runCommand('cp', [`${folder}/plain.stapmod`, own], { uid: NOBODY, gid: NOBODY, cwd: dirname(own) });
    expect((await nobody([own])).stdout).toBe(`for ${NOBODY}\n`);
    expect((await staprun([own])).stderr).toBe(
      `ERROR: Couldn't insert module '${own}': Operation not permitted\n` +
        `ERROR: ${own} belongs to user ${NOBODY}, who could have written anything into it; run a copy of your own\n`,
    );
    expect((await staprun([own], { SUDO_UID: `${NOBODY}` })).stdout).toBe('for 0\n');
    renameSync(own, join(folder, 'taken-over.stapmod'));
  });
});
