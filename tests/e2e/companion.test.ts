import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runCommand, stapPath } from '../harness/command.ts';
import { makeRoot, RunningStap, until, type StapRun } from './running-stap.ts';

// --metrics, --dashboard and --otlp: the process that serves, from its start to its end.

const COUNTER = `
global hits
probe procfs("hits").umask(0).read { hits++; $value = sprintf("%d\\n", hits) }
probe end { println("the end") }
`;
const NOBODY = 65534;

const started: RunningStap[] = [];
const servers: Server[] = [];

afterEach(async () => {
  for (const stap of started.splice(0)) await stap.dispose();
  for (const server of servers.splice(0)) server.close();
});

function start(run: StapRun): RunningStap {
  const stap = new RunningStap(run);
  started.push(stap);
  return stap;
}

/** Started, with its files, and with what it says about its servers. */
async function serving(options: readonly string[], more: StapRun = {}): Promise<RunningStap> {
  const stap = await start({
    script: COUNTER,
    ...more,
    options: [...options, ...(more.options ?? [])],
  }).ready();
  // The lines come before the files do.
  if (options.some((option) => /^--(metrics|dashboard)/.test(option)))
    await until('where it serves', () => /^(metrics|dashboard): /m.test(stap.stderr()));
  return stap;
}

function metricsUrl(stap: RunningStap): string {
  return /^metrics: (http:\S+)$/m.exec(stap.stderr())?.[1] ?? 'no metrics line';
}

async function scrape(url: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return text;
}

/** Companions of a process, by their parent or, when that has gone, by the working directory they share with it. */
function companionsIn(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/comm`, 'latin1') === 'stap-companion\n' &&
          readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`STAP_TEST_MARK=${directory}\0`)
        );
      } catch {
        return false;
      }
    });
}

function marked(root: string): StapRun {
  return { root, env: { STAP_TEST_MARK: root } };
}

async function nothingServes(root: string, url: string): Promise<void> {
  await until('end of the companion', () => companionsIn(root).length === 0, 2000);
  await expect(fetch(url)).rejects.toThrow();
}

async function occupiedPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a companion', () => {
  test('serves from before the begin probes until the end of the script', async () => {
    const root = makeRoot();
    const stap = await serving(['--metrics=0'], marked(root));
    const url = metricsUrl(stap);
    await stap.out('cat hits; cat hits');
    expect(await scrape(url)).toMatch(/^stap_hits(_total)?\{[^}]*\} 2$/m);
    expect(companionsIn(root)).toHaveLength(1);
    stap.child.kill('SIGINT');
    expect(await stap.end()).toMatchObject({ status: 0, stdout: 'the end\n', stderr: `metrics: ${url}\n` });
    await nothingServes(root, url);
  });

  test('is not hurt by Ctrl-C in the terminal, which goes to all processes of the script', async () => {
    const root = makeRoot();
    const stap = await serving(['--metrics=0'], marked(root));
    process.kill(-stap.pid, 'SIGINT');
    const { status, stderr } = await stap.end();
    expect(status).toBe(0);
    expect(stderr).not.toContain('WARNING');
    await nothingServes(root, metricsUrl(stap));
  });

  test('a port that is taken is an error before the script does anything', async () => {
    const port = await occupiedPort();
    const root = makeRoot();
    const flag = join(dirname(root), 'flag');
    const script = `probe begin { system("touch ${flag}") println("begun") }`;
    const { status, stdout, stderr } = await start({
      script,
      options: [`--metrics=:${port}`],
      ...marked(root),
    }).end();
    expect(stderr).toBe(
      `ERROR: --metrics: Another program listens on 127.0.0.1:${port}. Choose another port, as in --metrics=127.0.0.1:9911; 0 takes any that is free.\n` +
        'Pass 5: run failed.  [man error::pass5]\n',
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(existsSync(flag)).toBe(false);
    expect(companionsIn(root)).toEqual([]);
  });

  test('two scripts at the same port: the second one does not start, the first one goes on', async () => {
    const first = await serving(['--metrics=0']);
    const port = new URL(metricsUrl(first)).port;
    const second = await start({ script: COUNTER, options: [`--metrics=${port}`] }).end();
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`Another program listens on 127.0.0.1:${port}.`);
    expect(await scrape(metricsUrl(first))).toContain('stap_hits');
  });

  test('ends when the script is killed', async () => {
    const root = makeRoot();
    const stap = await serving(['--metrics=0', '--dashboard=0'], marked(root));
    const url = metricsUrl(stap);
    stap.child.kill('SIGKILL');
    await stap.end();
    await nothingServes(root, url);
  });

  test('when it is killed itself the script says so once and goes on', async () => {
    const root = makeRoot();
    const stap = await serving(['--metrics=0'], marked(root));
    const [pid = 0] = companionsIn(root);
    process.kill(pid, 'SIGKILL');
    await until('warning', () => stap.stderr().includes('WARNING'));
    expect(await stap.out('cat hits')).toBe('1\n');
    stap.child.kill('SIGINT');
    const { status, stderr } = await stap.end();
    expect(status).toBe(0);
    expect(stderr.split('\n').filter((line) => line.startsWith('WARNING'))).toEqual([
      `WARNING: Metrics and dashboard are not served any more: process ${pid} was ended by SIGKILL.`,
    ]);
  });

  test('a signal ends it in order', async () => {
    const root = makeRoot();
    const stap = await serving(['--metrics=0'], marked(root));
    process.kill(companionsIn(root)[0] ?? 0, 'SIGTERM');
    await until('warning', () => stap.stderr().includes('has ended with status 0.'));
    await nothingServes(root, metricsUrl(stap));
    expect(await stap.out('cat hits')).toBe('1\n');
  });

  test('follows a script that goes to the background, and ends with it', async () => {
    const root = makeRoot();
    const stap = await serving(['--metrics=0', '-m', 'moved'], marked(root));
    const url = metricsUrl(stap);
    stap.child.kill('SIGQUIT');
    const { status, stderr } = await stap.end();
    expect(status).toBe(0);
    expect(stderr).not.toContain('WARNING');
    await runCommand('/bin/cat', [join(root, 'moved/hits')]);
    expect(await scrape(url)).toMatch(/^stap_hits(_total)?\{[^}]*\} 1$/m);
    const removal = await runCommand(stapPath.replace(/stap$/, 'stap-rmmod'), [
      '--procfs-root',
      root,
      '-f',
      'moved',
    ]);
    expect(removal.status).toBe(0);
    await nothingServes(root, url);
  });

  test('follows a reload', async () => {
    const root = makeRoot();
    const stap = await serving(['--metrics=0', '-m', 'changed'], marked(root));
    const script = join(dirname(root), 'other.stp');
    writeFileSync(
      script,
      'global hits, others = 7 probe procfs("hits").read { hits++; $value = sprint(others) }',
    );
    const ctl = stapPath.replace(/stap$/, 'stap-ctl');
    const reload = await runCommand(ctl, ['--procfs-root', root, 'changed', 'reload', script]);
    expect(reload).toMatchObject({ status: 0, stderr: '' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await scrape(metricsUrl(stap))).toMatch(/^stap_others(_total)?\{[^}]*\} 7$/m);
  });

  test('a run in the background tells where it serves, and has its companion', async () => {
    const root = makeRoot();
    const run = await runCommand(
      stapPath,
      ['--procfs-root', root, '-F', '-m', 'flight', '--metrics=0', '-e', COUNTER],
      { env: { ...process.env, STAP_TEST_MARK: root } },
    );
    const url = /^metrics: (\S+)$/m.exec(run.stderr)?.[1] ?? '';
    expect(run.status).toBe(0);
    expect(await scrape(url)).toContain('stap_module_up');
    await runCommand(stapPath.replace(/stap$/, 'stap-rmmod'), ['--procfs-root', root, '-f', 'flight']);
    await nothingServes(root, url);
  });

  test('a script that cannot be compiled, or registered, leaves none behind', async () => {
    const root = makeRoot();
    const wrong = await start({
      script: 'probe begin { nothing() }',
      options: ['--metrics=0'],
      ...marked(root),
    }).end();
    expect(wrong.status).toBe(1);
    await until('end of the companion', () => companionsIn(root).length === 0, 2000);
    const place = join(dirname(root), 'file');
    writeFileSync(place, '');
    const lost = await start({
      script: 'probe begin { println("begun") }',
      options: ['--metrics=0'],
      ...marked(place),
    }).end();
    expect(lost).toMatchObject({ status: 1, stdout: '' });
    expect(lost.stderr).toContain('ERROR: ');
    await until('end of the companion', () => companionsIn(place).length === 0, 2000);
  });
});

describe('--otlp', () => {
  test('a collector that does not answer keeps nobody', async () => {
    const root = makeRoot();
    const port = await occupiedPort();
    const stap = await serving([`--otlp=http://127.0.0.1:${port}`], marked(root));
    stap.child.kill('SIGINT');
    expect((await stap.end(3000)).status).toBe(0);
    await until('end of the companion', () => companionsIn(root).length === 0, 8000);
  });
});

describe('tokens and addresses', () => {
  test('a token file is made, for its owner only, and asked for', async () => {
    const file = join(dirname(makeRoot()), 'token');
    const stap = await serving(['--metrics=0', `--token-file=${file}`]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = readFileSync(file, 'latin1').trim();
    await expect(scrape(metricsUrl(stap))).rejects.toThrow('401');
    expect(await scrape(metricsUrl(stap), { Authorization: `Bearer ${token}` })).toContain('stap_hits');
  });

  test('one with characters that mean something in addresses works in the address of the dashboard', async () => {
    const root = makeRoot();
    const file = join(dirname(root), 'token');
    writeFileSync(file, 'a#b%c?d&e!"f(g)h+i/j\n', { mode: 0o600 });
    const stap = await serving(['--dashboard=0', `--token-file=${file}`], { root });
    expect(stap.stderr()).toMatch(/\/#token=a%23b%25c%3fd%26e%21%22f%28g%29h\+i\/j$/m);
  });

  test('one that others may read is refused', async () => {
    const file = join(dirname(makeRoot()), 'token');
    writeFileSync(file, 'a token that is long enough');
    chmodSync(file, 0o644);
    const { status, stderr } = await start({
      script: COUNTER,
      options: ['--metrics=0', `--token-file=${file}`],
    }).end();
    expect(status).toBe(1);
    expect(stderr).toContain(
      `ERROR: --token-file: Others may read or write the token file ${file}: do "chmod 600 ${file}".`,
    );
  });

  test.each([
    [['--metrics=70000'], "Invalid address '70000' for --metrics: give ADDR:PORT"],
    [['--dashboard=somewhere'], "Invalid address 'somewhere' for --dashboard: give ADDR:PORT"],
    [['--otlp=localhost:4318'], "Invalid URL 'localhost:4318' for --otlp"],
    [['--read-only', '--metrics=0'], '--read-only is about the page of --dashboard'],
    [['--metrics=9902', '--dashboard'], '--metrics and --dashboard need a port each'],
    [['--token-file=/tmp/x'], '--token-file is about --dashboard and --metrics'],
    [['--metrics=0', '-l', 'begin'], 'Cannot specify --metrics, --dashboard or --otlp'],
  ])('%j is an error', async (options, text) => {
    const result = await runCommand(stapPath, [
      ...options,
      ...(options.includes('-l') ? [] : ['-e', COUNTER]),
    ]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(text);
  });

  test('an address that this machine does not have is an error that says so', async () => {
    const { stderr } = await start({ script: COUNTER, options: ['--metrics=192.0.2.1:9901'] }).end();
    expect(stderr).toContain('ERROR: --metrics: 192.0.2.1 is no address of this machine.');
  });
});

describe('without a script', () => {
  test('all modules are served until a signal', async () => {
    const root = makeRoot();
    const all = start({ root, options: ['--metrics=0'] });
    await until('where it serves', () => all.stderr().includes('metrics: '));
    const health = metricsUrl(all).replace(/metrics$/, 'healthz');
    expect(await scrape(health)).toBe('ok\n');
    await serving(['-m', 'first'], { root });
    const up = async (): Promise<number> =>
      (await scrape(metricsUrl(all))).match(/^stap_module_up\{[^}]*\} 1$/gm)?.length ?? 0;
    await expect.poll(up).toBe(1);
    await serving(['-m', 'second'], { root });
    let count = 0;
    for (let tries = 0; tries < 30 && count < 2; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      count = await up();
    }
    expect(count).toBe(2);
    all.child.kill('SIGINT');
    expect((await all.end()).status).toBe(0);
  });
});

describe.runIf(process.getuid?.() === 0)('an ordinary user', () => {
  test('serves the own script', async () => {
    const root = makeRoot();
    chownSync(dirname(root), NOBODY, NOBODY);
    const stap = start({
      script: 'global hits probe timer.ms(20) { hits = 5 }',
      options: ['--metrics=0'],
      root,
      uid: NOBODY,
      gid: NOBODY,
      cwd: '/',
    });
    await until('where it serves', () => stap.stderr().includes('metrics: '));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await scrape(metricsUrl(stap))).toMatch(/^stap_hits(_total)?\{[^}]*\} 5$/m);
    stap.child.kill('SIGINT');
    expect((await stap.end()).status).toBe(0);
  });
});
