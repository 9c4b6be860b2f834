import { dirname } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand, stapPath } from '../harness/command.ts';
import { makeRoot, startStap, until, type RunningStap } from './running-stap.ts';

const started: RunningStap[] = [];
const start = async (run: Parameters<typeof startStap>[0]): Promise<RunningStap> => {
  const stap = await startStap(run);
  started.push(stap);
  return stap;
};
afterAll(async () => {
  for (const stap of started) await stap.dispose();
});

const TARGET_SCRIPT = String.raw`
probe begin { printf("begin target=%d\n", target()) }
probe end { println("end") }
probe procfs("t").read { $value = sprintf("%d %s\n", target(), module_name()) }`;

describe('-c and -x', () => {
  test('-c runs the command beside the session and ends with it', async () => {
    const root = makeRoot();
    const result = await runCommand(
      'stap',
      [
        '--procfs-root',
        root,
        '-m',
        'with_c',
        '-c',
        `sh -c "cat ${root}/with_c/t; exit 0"`,
        '-e',
        TARGET_SCRIPT,
      ],
      { cwd: dirname(root) },
    );
    expect(result.status).toBe(0);
    expect(result.stderr).toBe('');
    expect(result.stdout).toMatch(/begin target=(\d+)\n/);
    const pid = /begin target=(\d+)/.exec(result.stdout)?.[1] ?? '';
    expect(result.stdout).toContain(`${pid} with_c\n`);
    expect(result.stdout.endsWith('end\n')).toBe(true);
  });
  test('-x names the target', async () => {
    const stap = await start({ script: TARGET_SCRIPT, options: ['-x', String(process.pid)] });
    expect(await stap.out('cat t')).toBe(`${process.pid} ${stap.moduleName}\n`);
    expect((await stap.stop()).stdout).toBe(`begin target=${process.pid}\nend\n`);
  });
});

describe('-T', () => {
  test('ends the session after the time', async () => {
    const startedMs = performance.now();
    const stap = await start({ script: TARGET_SCRIPT, options: ['-T', '1'] });
    const end = await stap.end();
    expect(end).toMatchObject({ status: 0, stdout: 'begin target=0\nend\n', stderr: '' });
    expect(performance.now() - startedMs).toBeGreaterThan(900);
    await stap.assertNothingLeft();
  });
});

describe('-G, -D and -m', () => {
  test('-G sets a global that the file shows', async () => {
    const stap = await start({
      script:
        'global top = 1 probe procfs("top").read { $value = sprintf("%d\\n", top) } probe procfs("top").write { top = strtol($value, 10) }',
      options: ['-G', 'top=42'],
    });
    expect(await stap.out('cat top; echo 7 > top; cat top')).toBe('42\n7\n');
  });
  test('-DMAXSTRINGLEN changes text and pieces of writes', async () => {
    const stap = await start({
      script: String.raw`
        probe procfs("x").read { try { for (i = 0; i < 18; i++) $value .= "0123456789" } catch { } }
        probe procfs("x").write { printf("%d ", strlen($value)) }`,
      options: ['-DMAXSTRINGLEN=80'],
    });
    expect((await stap.out('cat x')).length).toBe(79);
    await stap.out('head -c 165 /dev/zero | tr "\\0" a > x');
    await until('three pieces', () => stap.stdout() === '79 79 7 ');
  });
  test('-DSTP_PROCFS_BUFSIZE changes the default buffer', async () => {
    const stap = await start({
      script:
        'probe procfs("x").read { try { for (i = 0; i < 18; i++) $value .= "0123456789" } catch { } } probe procfs("m").read.maxsize(2048) { for (i = 0; i < 30; i++) $value .= "0123456789" }',
      options: ['-DSTP_PROCFS_BUFSIZE=64'],
    });
    expect((await stap.out('cat x')).length).toBe(63);
    expect((await stap.out('cat m')).length).toBe(300);
  });
});

describe('-v', () => {
  test('tells the passes and where the files are', async () => {
    const stap = await start({ script: 'probe procfs.read { $value = "x" }', options: ['-v'] });
    await until('pass lines', () => stap.stderr().includes('files ready'));
    expect(stap.stderr()).toMatch(/^Pass 1: parsed user script and \d+ library scripts? using .* ms\.$/m);
    expect(stap.stderr()).toMatch(/^Pass 2: analyzed script: 1 probe, /m);
    expect(stap.stderr()).toContain(stap.directory);
    const end = await stap.stop();
    expect(end.stderr).toMatch(/^Pass 5: run completed in .* ms\.$/m);
  });
});

describe('standard input', () => {
  const INPUT = 'probe input.char { printf("<%s>", char) } probe input.line { printf("[%s]", line) }';
  test('is forwarded byte by byte and by lines', async () => {
    const stap = await start(INPUT);
    stap.child.stdin?.write('abc\n');
    await until('both', () => stap.stdout() === '<a><b><c><\n>[abc\n]');
    stap.child.stdin?.write('d');
    await until('a byte at once', () => stap.stdout().endsWith('<d>'));
    expect((await stap.stop()).status).toBe(0);
  });
  test('its end does not end the session', async () => {
    const stap = await start(`${INPUT} probe procfs.read { $value = "alive\\n" }`);
    stap.child.stdin?.end('x\n');
    await until('line', () => stap.stdout().includes('[x\n]'));
    expect(await stap.out('cat command')).toBe('alive\n');
  });
  test.each([
    ['/dev/null', '</dev/null'],
    ['closed', '<&-'],
    ['a directory', '</'],
  ])('may be %s', async (_, redirection) => {
    const script = `${INPUT} probe timer.ms(100) { println("alive") exit() }`;
    const command = `exec "$0" --procfs-root "$1" -e "$2" ${redirection}`;
    const end = await runCommand('/bin/sh', ['-c', command, stapPath, makeRoot(), script]);
    expect(end).toMatchObject({ status: 0, stdout: 'alive\n', stderr: '' });
  });
});

describe('library files', () => {
  test('prometheus and json_data aliases make their files', async () => {
    const stap = await start(String.raw`
      global calls
      probe begin { calls["open", 3] = 5; calls["re\"ad", 4] = 7; json_add_numeric_metric("n", "a number", "units") }
      probe prometheus { @prometheus_dump_array2(calls, "calls", "name", "id") }
      probe json_data { @json_output_data_start @json_output_numeric_value("n", 42) @json_output_data_end }`);
    expect(await stap.out('cat __prometheus')).toBe(
      'calls{name="open",id="3"} 5\ncalls{name="re\\"ad",id="4"} 7\n',
    );
    expect(JSON.parse(await stap.out('cat data.json'))).toEqual({ n: 42 });
    const metadata = JSON.parse(await stap.out('cat metadata.json')) as { metrics: { name: string }[] };
    expect(metadata.metrics.map(({ name }) => name)).toEqual(['n']);
  });
});
