import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { plainEnvironment, repositoryRoot, runCommand, type Finished } from '../harness/command.ts';
import { removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

const SCRIPT = `
global counter = 5, name = "x", list, sizes
probe begin { list["a", 1] = 7; sizes <<< 3 }
probe procfs("counter").read { $value = sprintf("%d\\n", counter) }
probe procfs("dir/wide").umask(0022).read { $value = "w\\n" }
probe end { println("end of ", name, " ", counter) }
`;
const NOBODY = 65534;

const runs: RunningStap[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.dispose();
});

async function start(
  name: string,
  more: { root?: string; uid?: number; gid?: number } = {},
): Promise<RunningStap> {
  const run = new RunningStap({ script: SCRIPT, options: ['-m', name], ...more });
  runs.push(run);
  await run.ready();
  await until('state running', () => registered(run.root).includes('"state":"running"'));
  return run;
}

function registered(root: string): string {
  const homes = existsSync(root) ? readdirSync(root).filter((file) => file.startsWith('.')) : [];
  return homes.map((home) => entryText(join(root, home, 'entry.json'))).join('\n');
}

function entryText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It is being removed.
  }
}

/** Runs one of the commands on the modules of a root. */
function command(
  name: string,
  root: string,
  words: readonly string[],
  user: { uid?: number; gid?: number } = {},
): Promise<Finished> {
  return runCommand(join(repositoryRoot, name), ['--procfs-root', root, ...words], { cwd: '/', ...user });
}

describe('stap-lsmod', () => {
  test('lists what runs in the columns of lsmod, and nothing when nothing runs', async () => {
    const root = makeRoot();
    const empty = await command('stap-lsmod', root, []);
    expect([empty.status, empty.stdout, empty.stderr]).toEqual([
      0,
      'Module                  Size  Used by\n',
      '',
    ]);
    await start('first', { root });
    await start('second', { root });
    const { stdout } = await command('stap-lsmod', root, []);
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(header).toBe('Module                  Size  Used by');
    expect(lines.map((line) => /^(\w+) +\d{7,9} {2}\S+$/.exec(line)?.[1])).toEqual(['second', 'first']);
    expect(lines.every((line) => line.slice(0, 28).trimEnd().length === 28)).toBe(true);
  });

  test('tells programs all it knows', async () => {
    const run = await start('facts');
    const { stdout } = await command('stap-lsmod', run.root, ['--json']);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        name: 'facts',
        state: 'running',
        pid: run.pid,
        uid: 0,
        directory: `${run.root}/facts`,
        root: run.root,
      },
    ]);
  });

  test('does not count the dead, and clears their remains away', async () => {
    const run = await start('dead');
    process.kill(run.pid, 'SIGKILL');
    await run.end();
    const { stdout } = await command('stap-lsmod', run.root, []);
    expect(stdout).toBe('Module                  Size  Used by\n');
    await run.assertNothingLeft();
  });

  test('shows modules of another user, as far as he lets', async () => {
    const root = makeRoot();
    mkdirSync(root);
    chmodSync(root, 0o755);
    const run = await start('roots', { root });
    const asked = await command('stap-lsmod', run.root, [], { uid: NOBODY, gid: NOBODY });
    expect(asked.stdout.split('\n')[1]).toMatch(/^roots +\d+ {2}-$/);
    const removed = await command('stap-rmmod', run.root, ['roots'], { uid: NOBODY, gid: NOBODY });
    expect([removed.status, removed.stderr]).toEqual([
      1,
      'stap-rmmod: ERROR: Permission denied: module roots belongs to user 0; become that user or root, for example with sudo(8)\n',
    ]);
    expect(run.isOver).toBe(false);
  });

  test('is never misled by what another user wrote', async () => {
    const root = makeRoot();
    mkdirSync(join(root, '.evil'), { recursive: true });
    const entry = {
      formatVersion: 1,
      name: 'evil',
      state: 'running',
      pid: 1,
      startTicks: '0',
      uid: 0,
      files: [],
    };
    const texts = ['', 'null', '{', '\0', JSON.stringify({ ...entry, startedAtMs: 0, script: '\x1b[2J' })];
    for (const text of texts) {
      writeFileSync(join(root, '.evil', 'entry.json'), text);
      const { stdout, status } = await command('stap-lsmod', root, []);
      expect([status, stdout]).toEqual([0, 'Module                  Size  Used by\n']);
    }
    await removeScratchFolder(dirname(root));
  });
});

describe('stap-modinfo', () => {
  test('shows a running module', async () => {
    const run = await start('shown');
    const { stdout, status } = await command('stap-modinfo', run.root, ['shown']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^name: {11}shown\ndescription: {4}systemtap-generated probe\n/);
    expect(stdout).toContain('script:         <input>\n');
    expect(stdout).toContain('state:          running\n');
    expect(stdout).toContain(`pid:            ${run.pid}\n`);
    expect(stdout).toContain('file:           counter (0400)\nfile:           dir/wide (0444)\n');
    const field = await command('stap-modinfo', run.root, ['-F', 'pid', 'shown']);
    expect(field.stdout).toBe(`${run.pid}\n`);
  });

  test('shows a compiled module, and says what is none', async () => {
    const root = makeRoot();
    const folder = dirname(root);
    await runCommand(join(repositoryRoot, 'stap'), ['-p4', '-m', 'kept', '-e', SCRIPT], { cwd: folder });
    const file = join(folder, 'kept.stapmod');
    const { stdout } = await command('stap-modinfo', root, [file]);
    expect(stdout).toMatch(new RegExp(`^filename: {7}${file}\nname: {11}kept\n`));
    expect(stdout).toContain('parm:           counter:int64_t\nparm:           name:string\n');
    expect(stdout).not.toMatch(/parm: +(list|sizes)/);
    writeFileSync(join(folder, 'other.stapmod'), 'something else');
    const other = await command('stap-modinfo', root, [join(folder, 'other.stapmod'), 'nosuch']);
    expect([other.status, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toContain(
      'is not a module of stap-ts\nstap-modinfo: ERROR: Module nosuch not found.\n',
    );
    await removeScratchFolder(folder);
  });
});

describe('stap-rmmod', () => {
  test('says what is not loaded', async () => {
    const root = makeRoot();
    const { status, stderr } = await command('stap-rmmod', root, ['nosuch']);
    expect([status, stderr]).toEqual([1, 'stap-rmmod: ERROR: Module nosuch is not currently loaded\n']);
    await removeScratchFolder(dirname(root));
  });

  test('-f ends a module that is stopped, and cleans up after it', async () => {
    const run = await start('stopped');
    process.kill(run.pid, 'SIGSTOP');
    const { status, stderr } = await command('stap-rmmod', run.root, ['-f', 'stopped']);
    expect([status, stderr]).toEqual([0, '']);
    await run.end();
    await run.assertNothingLeft();
  });
});

test('the commands work through links from anywhere', async () => {
  const root = makeRoot();
  const folder = dirname(root);
  symlinkSync(join(repositoryRoot, 'stap-lsmod'), join(folder, 'modules'));
  symlinkSync(join(folder, 'modules'), join(folder, 'again'));
  const { stdout, stderr } = await runCommand(join(folder, 'again'), ['--procfs-root', root], {
    cwd: '/',
    env: plainEnvironment(),
  });
  expect([stdout, stderr]).toEqual(['Module                  Size  Used by\n', '']);
  for (const name of ['stap-lsmod', 'stap-modinfo', 'stap-rmmod', 'stap-ctl']) {
    const version = await command(name, root, ['-V']);
    expect(version.stdout).toMatch(new RegExp(`^${name} \\(stap-ts\\) \\d+\\.\\d+\\.\\d+\n$`));
    const help = await command(name, root, ['-h']);
    expect(help.stdout).toMatch(new RegExp(`^Usage: ${name} `));
    const wrong = await command(name, root, ['--wrong']);
    expect([wrong.status, wrong.stderr.split('\n')[0]]).toEqual([
      1,
      `${name}: unrecognized option '--wrong'`,
    ]);
  }
  await removeScratchFolder(folder);
});
