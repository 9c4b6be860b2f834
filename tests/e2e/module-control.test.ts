import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { plainEnvironment, repositoryRoot, runCommand, type Finished } from '../harness/command.ts';
import { removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

const SCRIPT = `
global counter = 5, label = "x y", list, sizes
probe begin { list["a,]", -1] = 7; list["b", 2] = 8; sizes <<< 3 }
probe procfs("counter").read { $value = sprintf("%d %s %d %d\\n", counter, label, list["b", 2], @count(sizes)) }
probe timer.ms(20) { counter++ }
probe end { println("end of ", label) }
`;
const NEXT = `
global counter, label = 1, list
probe begin { println("next begins") }
probe procfs("counter").read { $value = sprintf("next %d %d\\n", counter, list["b", 2]) }
probe procfs("counter").write { counter = 1; list["z", 1] = 1 }
probe procfs("added").read { $value = sprintf("%d\\n", label) }
probe end { println("next ends") }
`;

const runs: RunningStap[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.dispose();
  for (const folder of folders.splice(0)) await removeScratchFolder(folder);
});

async function start(script = SCRIPT): Promise<RunningStap> {
  const run = new RunningStap({ script, options: ['-m', 'steered', '-DMAXACTION=100000'] });
  runs.push(run);
  await run.ready();
  await until('state running', () => {
    const path = join(run.root, '.steered', 'entry.json');
    return existsSync(path) && readFileSync(path, 'utf8').includes('"running"');
  });
  return run;
}

function command(name: string, root: string, words: readonly string[]): Promise<Finished> {
  return runCommand(join(repositoryRoot, name), ['--procfs-root', root, ...words], { cwd: '/' });
}

function control(run: RunningStap, ...words: string[]): Promise<Finished> {
  return command('stap-ctl', run.root, ['steered', ...words]);
}

describe('stap-ctl', () => {
  test('shows globals and changes them between two handlers', async () => {
    const run = await start();
    await control(run, 'off', 'timer*');
    const set = await control(run, 'set', 'counter=-12', 'label=two words', 'list["b",0x2]=80');
    expect([set.status, set.stdout, set.stderr]).toEqual([0, '', '']);
    expect(await run.out('cat counter')).toBe('-12 two words 80 1\n');
    const { stdout } = await control(run, 'get');
    expect(stdout.trimEnd().split('\n').sort()).toEqual([
      'counter=-12',
      'label="two words"',
      'list["a,]",-1]=7',
      'list["b",2]=80',
      'sizes @count=1 @sum=3 @min=3 @max=3 @avg=3',
    ]);
    const one = await control(run, 'get', 'list["a,]",-1]', 'list[b,2]');
    expect(one.stdout).toBe('list["a,]",-1]=7\nlist["b",2]=80\n');
    const values = await command('stap-ctl', run.root, ['-n', 'steered', 'get', 'label', 'counter']);
    expect(values.stdout).toBe('two words\n-12\n');
    const json = await command('stap-ctl', run.root, ['--json', 'steered', 'get', 'label']);
    expect(JSON.parse(json.stdout)).toEqual([{ name: 'label', type: 'string', value: 'two words' }]);
  });

  test('shows any element of a large array', async () => {
    const run = await start(`
      global squares[6000], sums[6000]
      probe begin { for (i = 0; i < 6000; i++) { squares[i, sprint(i)] = i * i; sums[i] <<< i } }
      probe procfs("counter").read { $value = "5 x y 8 1\\n" }
    `);
    const found = await control(run, 'get', 'squares[5999,"5999"]', 'squares[0x1388,5000]', 'sums[5500]');
    expect(found.stdout).toBe(
      'squares[5999,"5999"]=35988001\nsquares[5000,"5000"]=25000000\n' +
        'sums[5500] @count=1 @sum=5500 @min=5500 @max=5500 @avg=5500\n',
    );
    expect((await control(run, 'get', 'squares[6000,6000]')).stderr).toMatch(/squares has no such element/);
    expect((await control(run, 'get', 'squares')).stdout).toMatch(/^squares: 1904 more elements$/m);
  });

  test.each([
    [['get', 'nosuch'], /nosuch/],
    [['get', 'list["b"]'], /'list' is an array with 2 keys, not 1/],
    [['get', 'list["b",two]'], /The key 'two' of 'list' is not a number/],
    [['get', 'label[1]'], /'label' is no array/],
    [['get', 'list["c",1]'], /no such element/],
    [['get', '1x'], /names no global variable/],
    [['set', 'counter'], /needs a value/],
    [['set', 'counter=abc'], /abc/],
    [['set', 'sizes=1'], /sizes/],
    [['on', 'nosuch'], /nosuch/],
    [['frobnicate'], /There is no command "frobnicate"/],
    [['reload'], /needs a script/],
  ])('%j is refused with a reason, and nothing happens', async (words, reason) => {
    const run = await start();
    const { status, stdout, stderr } = await control(run, ...words);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^stap-ctl: ERROR: .*\n$/);
    expect(stderr).toMatch(reason);
    expect(await run.out('cat counter')).toMatch(/^\d+ x y 8 1\n$/);
  });

  test('switches probes off and on', async () => {
    const run = await start();
    await control(run, 'off', 'timer.ms(20)');
    const before = await run.out('cat counter');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await run.out('cat counter')).toBe(before);
    const { stdout } = await control(run, 'probes');
    expect(stdout).toMatch(/^ +# STATE +HITS +MIN +AVG +MAX {2}PROBE\n/);
    expect(stdout).toMatch(/^ +\d+ off .* timer\.ms\(20\) /m);
    await control(run, 'on', '*');
    await until('hits', () => readFileSync(join(run.directory, 'counter'), 'latin1') !== before);
  });

  test('readers and writers at work meet no error when scripts are exchanged, several at a time', async () => {
    const run = await start(NEXT);
    const work = run.sh(
      `until [ -e ../done ]; do { cat counter && echo 1 > counter; } >> ../read 2>> ../failed || :; done; cat ../failed`,
    );
    const outcomes: Finished[] = [];
    for (let round = 0; round < 4; round++) {
      const reloads = [1, 2, 3].map((number) =>
        control(run, 'reload', '-e', `${NEXT} probe procfs("own${number}").read { $value = "${number}" }`),
      );
      outcomes.push(...(await Promise.all(reloads)));
    }
    expect(outcomes.map(({ status, stderr }) => [status, stderr])).toEqual(outcomes.map(() => [0, '']));
    expect(await run.out('cat own*')).toMatch(/^[123]$/);
    writeFileSync(join(run.root, 'done'), '');
    expect((await work).stdout).toBe('');
    for (const name of ['done', 'read', 'failed']) rmSync(join(run.root, name));
    expect((await run.stop()).status).toBe(0);
    await run.assertNothingLeft();
  });

  test('reloads another script that goes on with the globals', async () => {
    const run = await start();
    const path = join(dirname(run.root), 'next.stp');
    writeFileSync(path, NEXT);
    await control(run, 'off', 'timer*');
    await control(run, 'set', 'counter=77');
    const open = spawn('sh', ['-c', 'exec <counter; dd bs=1 count=2 2>/dev/null; read go <&3; cat'], {
      cwd: run.directory,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
    let text = '';
    open.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const closed = new Promise((resolve) => open.once('close', resolve));
    await until('the first bytes', () => text === '77');
    const { status, stdout, stderr } = await control(run, 'reload', path);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^kept: counter, list\ndropped: label \(.*\)\ndropped: sizes \(.*\)\n$/);
    expect(await run.out('cat counter added')).toBe('next 77 8\n1\n');
    // Who has a file open goes on reading what it read.
    (open.stdio[3] as NodeJS.WritableStream).write('go\n');
    await closed;
    expect(text).toBe('77 x y 8 1\n');
    const { stdout: output } = await run.stop();
    expect(output).toBe('next begins\nnext ends\n');
  });

  test('leaves the script alone when the new one is no good', async () => {
    const run = await start();
    const path = join(dirname(run.root), 'bad.stp');
    for (const [script, reason] of [
      [
        'probe begin { println("x" }',
        /parse error: .*\n[^]*Pass 1: parse failed\. {2}\[man error::pass1\]\n$/,
      ],
      [
        'probe begin { nosuch() }',
        /semantic error: [^]*Pass 2: analysis failed\. {2}\[man error::pass2\]\n$/,
      ],
      ['probe begin { exit() } probe timer.s(9) { log("") }', /^stap-ctl: ERROR: .* begin probes/],
      ['probe begin { error("no") } probe timer.s(9) { log("") }', /^stap-ctl: ERROR: .* begin probes/],
    ] as const) {
      writeFileSync(path, script);
      const { status, stderr } = await control(run, 'reload', path);
      expect(status).toBe(1);
      expect(stderr).toMatch(reason);
      expect(await run.out('cat counter')).toMatch(/^\d+ x y 8 1\n$/);
    }
    expect((await run.stop()).stdout).toContain('end of x y\n');
  });
});

describe('stap-rmmod', () => {
  test('names whoever uses the module, and ends it with -f', async () => {
    const run = await start();
    const inside = spawn('sleep', ['30'], { cwd: run.directory, stdio: 'ignore' });
    await new Promise((resolve) => inside.once('spawn', resolve));
    const used = await command('stap-rmmod', run.root, ['steered']);
    expect([used.status, used.stderr]).toEqual([
      1,
      `stap-rmmod: ERROR: Module steered is in use by: ${run.pid} (stap), ${inside.pid} (sleep)\n`,
    ]);
    const forced = await command('stap-rmmod', run.root, ['-f', 'steered']);
    expect([forced.status, forced.stdout, forced.stderr]).toEqual([0, '', '']);
    const { status, stdout } = await run.end();
    expect([status, stdout]).toEqual([0, 'end of x y\n']);
    inside.kill();
    await run.assertNothingLeft();
  });

  test('-f ends a module whose output nobody reads, end probes included', async () => {
    const root = makeRoot();
    folders.push(dirname(root));
    const env = plainEnvironment({ STAP_PROCFS_ROOT: root });
    const script = `${SCRIPT} probe timer.ms(1) { for (i = 0; i < 300; i++) printf("%0300d\\n", i) }
      probe end { system("echo ended > ${dirname(root)}/ended") }`;
    const run = spawn(join(repositoryRoot, 'stap'), ['-m', 'steered', '-e', script], {
      cwd: dirname(root),
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = new Promise<number | null>((resolve) => run.once('close', resolve));
    await until('a full pipe', () => existsSync(join(root, 'steered', 'counter')));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const removed = await command('stap-rmmod', root, ['-f', 'steered']);
    expect([removed.status, removed.stderr]).toEqual([0, '']);
    run.stdout.resume();
    expect(await closed).toBe(0);
    expect(readFileSync(join(dirname(root), 'ended'), 'utf8')).toBe('ended\n');
    expect(existsSync(root)).toBe(false);
  });

  test('ends a detached module; a client that was killed does not keep it', async () => {
    const root = makeRoot();
    folders.push(dirname(root));
    const environment = plainEnvironment({ STAP_PROCFS_ROOT: root });
    const detached = await runCommand(join(repositoryRoot, 'stap'), ['-F', '-m', 'steered', '-e', SCRIPT], {
      cwd: dirname(root),
      env: environment,
    });
    expect(detached.status).toBe(0);
    const usedBy = async (): Promise<string | undefined> =>
      (await command('stap-lsmod', root, [])).stdout.split('\n')[1]?.trim().split(/ +/)[2];
    expect(await usedBy()).toBe('0');
    const client = spawn(join(repositoryRoot, 'staprun'), ['-A', 'steered'], {
      env: environment,
      stdio: 'ignore',
    });
    const closed = new Promise((resolve) => client.once('close', resolve));
    for (let tries = 0; (await usedBy()) !== '1' && tries < 50; tries++);
    expect(await usedBy()).toBe('1');
    client.kill('SIGKILL');
    await closed;
    for (let tries = 0; (await usedBy()) !== '0' && tries < 50; tries++);
    const removed = await command('stap-rmmod', root, ['steered']);
    expect([removed.status, removed.stderr]).toEqual([0, '']);
    expect(existsSync(join(root, 'steered'))).toBe(false);
  });
});
