import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { killGroup, repositoryRoot, runCommand } from '../harness/command.ts';
import { isInstalled } from '../harness/is-installed.ts';
import { ModuleSession } from './module-session.ts';
import { until } from './running-stap.ts';
import { scrape } from './served-metrics.ts';

const UNITS = readdirSync('systemd').sort();
const session = new ModuleSession();
afterAll(() => session.dispose());

const unitText = (name: string): string => readFileSync(join('systemd', name), 'utf8');

/** Values of a setting in the order of the unit; a setting may occur many times. */
function settings(unit: string, key: string): readonly string[] {
  return unitText(unit)
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

/** Settings that give a service a mount namespace of its own: its mounts would not be seen outside. */
const OWN_MOUNTS =
  /^(Private(Mounts|Tmp|Devices|Users)|Protect(System|Home|Proc|Kernel\w+|ControlGroups|Clock)|ProcSubset|DynamicUser|Root(Directory|Image)|MountFlags|MountAPIVFS|(Read(Only|Write)|Inaccessible|Exec|NoExec)Paths|Bind(ReadOnly)?Paths|TemporaryFileSystem)=/m;

test('services that serve files share the mounts of the machine', () => {
  for (const unit of ['stap@.service', 'stap-exporter.service'])
    expect(unitText(unit)).not.toMatch(OWN_MOUNTS);
  expect(unitText('stap-metrics.service')).toMatch(OWN_MOUNTS);
});

test('each program that a unit starts is one of ours, or /bin/sh and /bin/kill', () => {
  for (const unit of UNITS) {
    const programs = [...unitText(unit).matchAll(/^Exec\w+=-?(\S+)(?:.* exec (\S+))?/gm)].flatMap(
      ([, first, second]) => [first ?? [], second ?? []].flat(),
    );
    expect(programs.length).toBeGreaterThan(0);
    for (const program of programs) {
      if (program === '/bin/sh' || program === '/bin/kill') continue;
      expect(program).toMatch(/^\/usr\/local\/bin\//);
      expect(existsSync(program.replace('/usr/local/bin', repositoryRoot)), program).toBe(true);
    }
  }
});

describe.skipIf(!isInstalled('systemd-analyze'))('systemd-analyze', () => {
  const folder = join(session.folder, 'units');
  const verify = (unit: string): ReturnType<typeof runCommand> =>
    runCommand('systemd-analyze', ['verify', '--man=no', join(folder, unit)]);
  beforeAll(() => {
    mkdirSync(folder);
    // As installed, but with the programs of this tree.
    for (const unit of UNITS)
      writeFileSync(join(folder, unit), unitText(unit).replaceAll('/usr/local/bin', repositoryRoot));
  });

  test.each(UNITS)('verifies %s', async (unit) => {
    const { status, stdout, stderr } = await verify(unit.replace('@', '@demo'));
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('finds what is wrong', async () => {
    writeFileSync(join(folder, 'wrong.service'), '[Service]\nNonsense=yes\nExecStart=/nowhere/stap\n');
    const { stderr } = await verify('wrong.service');
    expect(stderr).toContain('Nonsense');
    expect(stderr).toContain('/nowhere/stap');
  });

  test('refuses no call that a script makes', async () => {
    const groups = (settings('stap@.service', 'SystemCallFilter')[0] ?? '').replace('~', '').split(' ');
    const listed = await runCommand('systemd-analyze', ['syscall-filter', ...groups]);
    const calls = listed.stdout.split('\n').flatMap((line) => /^ {4}([a-z]\w+)$/.exec(line)?.[1] ?? []);
    expect(calls).toContain('init_module');
    const trace = join(session.folder, 'trace');
    const script = 'global n = 1; probe procfs("f").read { $value = sprint(n) } probe begin { exit() }';
    const filter = `trace=${calls.map((call) => `?${call}`).join(',')}`;
    const run = await session.sh(
      `strace -f -qq -o ${trace} -e '${filter}' -e signal=none stap -m filtered -e '${script}'`,
      {
        timeoutMs: 60_000,
      },
    );
    expect(run.stderr).toBe('');
    expect(
      readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => !line.includes('+++')),
    ).toEqual(['']);
  });
});

/** The command line of a unit with its capabilities and without new privileges; systemd's part of the work. */
function command(
  setting: string,
  variables: Readonly<Record<string, string>>,
  unit = 'stap@.service',
): string {
  const [line = ''] = settings(unit, setting);
  const capabilities = settings(unit, 'CapabilityBoundingSet').join(' ').toLowerCase().split(' ');
  const words = line
    .replaceAll('%i', 'served')
    .replaceAll('/usr/local/bin', repositoryRoot)
    .replaceAll('/etc/stap', session.folder)
    .replaceAll(/\$(\w+)/g, (_, name: string) => variables[name] ?? '');
  const bounds = ['-all', ...capabilities.map((name) => name.replace('cap_', '+'))].join(',');
  return `exec setpriv --no-new-privs --bounding-set ${bounds} --inh-caps -all ${words}`;
}

describe.skipIf(process.getuid?.() !== 0)('as the unit', () => {
  test('a script serves its files, is reloaded, and ends', async () => {
    const script = join(session.folder, 'served.stp');
    const write = (text: string): void =>
      writeFileSync(
        script,
        `global n = 5\nprobe procfs("n").read { $value = sprintf("${text} %d %s\\n", n, @1) }\nprobe end { println("ended") }\n`,
      );
    write('first');
    const variables = { STAP_OPTIONS: '-w', STAP_ARGUMENTS: 'one' };
    const child = spawn('/bin/bash', ['-c', command('ExecStart', variables)], {
      cwd: session.folder,
      env: session.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const file = join(session.root, 'served', 'n');
    await until('the file', () => existsSync(file));
    expect(readFileSync(file, 'latin1')).toBe('first 5 one\n');
    write('second');
    const reload = await session.sh(command('ExecReload', { ...variables, STAP_ARGUMENTS: 'two' }));
    expect(reload).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(file, 'latin1')).toBe('second 5 two\n');
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    if (child.pid === undefined) throw new Error('not started');
    process.kill(child.pid, 'SIGTERM');
    expect(await ended).toBe(0);
    expect(output).toBe('ended\n');
    await session.assertNothingLeft();
  });

  test('metrics of a script that runs already are served', async () => {
    const script = join(session.folder, 'counted.stp');
    writeFileSync(script, 'global n = 6 probe procfs("n").read { $value = sprint(n) }');
    const started = await session.sh(`stap -F -m counted ${script} && sleep 0.1`);
    expect(started).toMatchObject({ status: 0 });
    const line = command('ExecStart', { STAP_PUBLISH: '--metrics=127.0.0.1:0' }, 'stap-metrics.service');
    const child = spawn('/bin/bash', ['-c', line], {
      cwd: '/',
      env: session.environment,
      detached: true,
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
    const url = (): string | undefined => /^metrics: (\S+)$/m.exec(told)?.[1];
    await until('address of the metrics', () => url() !== undefined);
    expect(await scrape(url() ?? '')).toContain('stap_n{script="counted.stp"} 6\n');
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(await session.sh('stap-rmmod counted')).toMatchObject({ status: 0 });
    await session.assertNothingLeft();
  });

  test('what a killed script leaves is removed by ExecStopPost', async () => {
    writeFileSync(join(session.folder, 'served.stp'), 'probe procfs("n").read { $value = "x" }');
    const child = spawn('/bin/bash', ['-c', command('ExecStart', {})], {
      cwd: session.folder,
      env: session.environment,
      detached: true,
      stdio: 'ignore',
    });
    await until('the file', () => existsSync(join(session.root, 'served', 'n')));
    // With all its helpers, as KillMode=mixed does in the end.
    if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
    const [line = ''] = settings('stap@.service', 'ExecStopPost');
    const stop = await session.sh(line.replace(/^-/, '').replaceAll('/usr/local/bin', repositoryRoot));
    expect(stop).toMatchObject({ status: 0, stdout: '', stderr: '' });
    await session.assertNothingLeft();
  });
});

describe.runIf(process.getuid?.() === 0 && hasEbpf())('as the unit in the kernel', () => {
  test('a script gets events', async () => {
    const script = 'probe kernel.trace("sched:sched_switch") { println("seen"); exit() }\n';
    writeFileSync(join(session.folder, 'served.stp'), script);
    const run = await session.sh(command('ExecStart', { STAP_OPTIONS: '-w' }));
    expect(run).toMatchObject({ status: 0, stdout: 'seen\n', stderr: '' });
  });
});
