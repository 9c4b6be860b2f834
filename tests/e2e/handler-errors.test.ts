import { afterAll, describe, expect, test } from 'vitest';
import { startStap, type RunningStap } from './running-stap.ts';

// Handlers that fail, end the session or overflow their buffer.

const SCRIPT = String.raw`global n
probe begin { println("begin") }
probe end { println("end") }
probe error { println("error probe") }
probe procfs("er").read { $value = "partial\n"; error("boom") }
probe procfs("ew").write { printf("got %s", $value); error("boom write") }
probe procfs("ex").read { $value = "bye\n"; println("ex"); exit(); println("after exit") }
probe procfs("exw").write { printf("exit on %s", $value); exit() }
probe procfs("ok").read { $value = "ok\n" }
probe procfs("loop").read { for (i = 0; i < 20000; i++) n++; $value = "loop\n" }
probe procfs("toolong").read.maxsize(8) { $value = "12345678" }
probe procfs("toolong2").read.maxsize(8) { $value = "1234"; $value .= "5678" }
probe procfs("div").read { $value = sprintf("%d\n", 1 / n) }
probe procfs("warn").read { warn("careful"); $value = "warned\n" }
probe procfs("strl").read { $value = sprintf("%d\n", strlen(sprintf("%2000s", "x"))) }`;

const started: RunningStap[] = [];
const start = async (options: readonly string[] = []): Promise<RunningStap> => {
  const stap = await startStap({ script: SCRIPT, options });
  started.push(stap);
  return stap;
};
afterAll(async () => {
  for (const stap of started) await stap.dispose();
});

const SUMMARY = 'WARNING: Number of errors: 1, skipped probes: 0\n';
const RUN_FAILED = 'Pass 5: run failed.  [man error::pass5]\n';

describe('the first error ends the session', () => {
  const cases: [string, string, string, string][] = [
    [
      'a read that fails gives what was set before',
      'cat er',
      'partial\n',
      'ERROR: boom near identifier \'error\' at <input>:5:49 in probe procfs("er").read\n',
    ],
    [
      'a runaway loop is cut',
      'cat loop',
      '',
      'ERROR: MAXACTION exceeded near identifier \'n\' at <input>:10:57 in probe procfs("loop").read\n',
    ],
    [
      'a division by zero',
      'cat div',
      '',
      'ERROR: division by 0 near operator \'/\' at <input>:13:55 in probe procfs("div").read\n',
    ],
  ];
  test.each(cases)('%s', async (_name, command, output, message) => {
    const stap = await start();
    expect((await stap.sh(`timeout 5 ${command}`)).stdout).toBe(output);
    const end = await stap.end();
    expect(end.stdout).toBe('begin\nerror probe\n');
    expect(end.stderr).toBe(`${message}${SUMMARY}${RUN_FAILED}`);
    expect(end.status).toBe(1);
    await stap.assertNothingLeft();
  });

  test('a buffer that is too small gives the clipped text and a hint', async () => {
    const stap = await start();
    expect((await stap.sh('timeout 5 cat toolong')).stdout).toBe('1234567');
    const end = await stap.end();
    expect(end.stderr).toContain(
      "ERROR: buffer size exceeded, consider .maxsize(9). near identifier '$value' at <input>:",
    );
    expect(end.stderr).toContain(
      `(called from identifier '$value' at <input>:11:43) in probe procfs("toolong").read.maxsize(8)\n`,
    );
    expect(end.status).toBe(1);
  });

  test('a failed write gives the writer an error once', async () => {
    const stap = await start();
    const result = await stap.sh("timeout 5 bash -c 'echo hello > ew'");
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('write error');
    const end = await stap.end();
    expect(end.stdout).toBe('begin\ngot hello\nerror probe\n');
    expect(end.stderr).toContain("ERROR: boom write near identifier 'error' at <input>:6:54");
    expect(end.status).toBe(1);
    await stap.assertNothingLeft();
  });
});

describe('exit() in a handler', () => {
  test('of a read: the text is still delivered', async () => {
    const stap = await start();
    expect(await stap.out('timeout 5 cat ex')).toBe('bye\n');
    expect(await stap.end()).toMatchObject({ status: 0, stdout: 'begin\nex\nafter exit\nend\n', stderr: '' });
    await stap.assertNothingLeft();
  });
  test('of a write: the writer succeeds', async () => {
    const stap = await start();
    await stap.out("timeout 5 bash -c 'echo bye > exw'");
    expect(await stap.end()).toMatchObject({ status: 0, stdout: 'begin\nexit on bye\nend\n', stderr: '' });
  });
});

describe('tolerated errors', () => {
  test('-DMAXERRORS lets the session go on', async () => {
    const stap = await start(['-DMAXERRORS=10']);
    expect(
      await stap.out(
        'timeout 5 cat er; cat er; cat toolong; echo; cat toolong2; echo; cat div; cat loop; cat ok',
      ),
    ).toBe('partial\npartial\n1234567\n1234567\nok\n');
    const end = await stap.stop();
    expect(end.stdout).toBe('begin\nend\n');
    expect(end.stderr.match(/^ERROR: /gm)?.length).toBe(6);
    expect(end.stderr).toContain('WARNING: Number of errors: 6, skipped probes: 0\n');
  });
  test('--suppress-handler-errors only counts them', async () => {
    const stap = await start(['--suppress-handler-errors']);
    expect(await stap.out('timeout 5 cat er; cat toolong; cat ok')).toBe('partial\n1234567ok\n');
    const end = await stap.stop();
    expect(end).toMatchObject({
      status: 0,
      stdout: 'begin\nend\n',
      stderr: 'WARNING: Number of errors: 2, skipped probes: 0\n',
    });
  });
});

describe('things that are no errors', () => {
  test('warnings and long strings', async () => {
    const stap = await start();
    expect(await stap.out('timeout 5 cat warn; cat strl; cat ok')).toBe('warned\n511\nok\n');
    const end = await stap.stop();
    expect(end).toMatchObject({ status: 0, stdout: 'begin\nend\n', stderr: 'WARNING: careful\n' });
  });
});
