import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { plainEnvironment, repositoryRoot, runCommand } from '../harness/command.ts';
import { isInstalled } from '../harness/is-installed.ts';
import { publishing, RunningExporter, type HttpAnswer } from './exporter-run.ts';
import { processesNaming, until } from './running-stap.ts';

const NOT_YET =
  'cannot read script output, try again later, [Error] Unable to find procfs files under search paths. ' +
  'Try again once the script has created the procfs files.';
const COUNTING = `global ticks
probe timer.ms(10) { ticks["a b"]++ }
probe prometheus { @prometheus_dump_array1(ticks, "ticks_total", "what") }
`;

const exporters: RunningExporter[] = [];
afterEach(async () => {
  for (const exporter of exporters.splice(0)) await exporter.dispose();
});

function withScripts(scripts: Readonly<Record<string, string>>): RunningExporter {
  const exporter = new RunningExporter(scripts);
  exporters.push(exporter);
  return exporter;
}

async function attempt(exporter: RunningExporter, path: string, host: string): Promise<HttpAnswer | string> {
  return exporter.get(path, { host }).catch((error: unknown) => (error as NodeJS.ErrnoException).code ?? '');
}

describe('as the original', () => {
  test('unknown, autostart and on-demand scripts; keepalive', async () => {
    const exporter = await withScripts({
      'count_autostart.stp': COUNTING,
      'on-demand.stp': publishing('things 5\n'),
      'notes.txt': 'no script',
    }).start('-k', '1');
    const { pid, port } = exporter;
    expect(await exporter.get('/nothing.stp')).toMatchObject({ status: 404, body: 'script not found' });
    expect((await exporter.get('/notes.txt')).status).toBe(404);

    const counted = await exporter.answer('/count_autostart.stp?x=1', 200);
    expect(counted.body).toMatch(/^ticks_total\{what="a b"\} \d+\n$/);
    expect(counted.headers['content-type']).toBe('text/plain');

    const first = await exporter.get('/on-demand.stp');
    expect(first).toMatchObject({ status: 503, body: NOT_YET });
    expect(first.headers).toMatchObject({ 'retry-after': '10', 'content-type': 'text/plain' });
    expect((await exporter.answer('/on-demand.stp', 200)).body).toBe('things 5\n');
    await exporter.printed('session on-demand.stp stopped');
    expect((await exporter.get('/on-demand.stp')).status).toBe(503);
    expect((await exporter.get('/count_autostart.stp')).status).toBe(200);

    exporter.signal('SIGINT');
    expect(await exporter.end()).toBe(0);
    const lines = exporter.output.split('\n');
    expect(lines.slice(0, 10)).toEqual([
      `searching script directory ${exporter.scripts}, keepalive 1`,
      'session count_autostart.stp found',
      `session count_autostart.stp autostart __stap_exporter_${pid}_1`,
      'session on-demand.stp found',
      `listening on port ${port}`,
      `procfs files will be searched under: /proc/systemtap and /var/tmp/systemtap-root and ${exporter.root}`,
      `session on-demand.stp start __stap_exporter_${pid}_2`,
      'session on-demand.stp autokill',
      'session on-demand.stp stopped',
      `session on-demand.stp start __stap_exporter_${pid}_2`,
    ]);
    expect(lines.slice(10).sort()).toEqual([
      '',
      'session count_autostart.stp shut down',
      'session on-demand.stp shut down',
    ]);
    await exporter.assertNothingLeft();
  });

  test('wrappers and scripts that are programs are executed', async () => {
    const exporter = withScripts({
      'script.stp': `#!/usr/bin/env stap\n${publishing('from_script 1\n')}`,
    });
    writeFileSync(join(exporter.folder, 'real.txt'), publishing('from_wrapper 1\n'));
    exporter.write(
      'wrapper.stp',
      `#!/bin/sh\nexec stap -v --suppress-handler-errors $@ ${exporter.folder}/real.txt\n`,
    );
    // Neither is a program of the kernel, and no shell must read it as commands.
    exporter.write('bare.stp', publishing('from_bare 1\n'));
    chmodSync(join(exporter.scripts, 'bare.stp'), 0o755);
    await exporter.start('--start-wait', '10');
    for (const kind of ['script', 'wrapper', 'bare'])
      expect((await exporter.get(`/${kind}.stp`)).body).toBe(`from_${kind} 1\n`);
    // What they print is passed on.
    await exporter.complained('wrapper.stp: Pass 1: parsed user script');
  });

  test('a program that does what the original does finds the files of this stap', async () => {
    const exporter = withScripts({});
    const wrapper = join(exporter.scripts, 'wrapper.stp');
    writeFileSync(join(exporter.folder, 'real.txt'), COUNTING);
    exporter.write('wrapper.stp', `#!/bin/sh\nexec stap -v "$@" ${exporter.folder}/real.txt\n`);
    const served = await runCommand(
      '/usr/bin/python3',
      [join(repositoryRoot, 'tests/fixtures/exporter-client.py'), exporter.root, wrapper],
      { env: plainEnvironment({ STAP_PROCFS_ROOT: exporter.root }), cwd: exporter.folder },
    );
    expect(served.stderr.replace(/^Pass .*\n/gm, '')).toBe('');
    expect(served.stdout).toMatch(/^503\n200 text\/plain ticks_total\{what="a b"\} \d+\n$/);
    await until('end', () => processesNaming(exporter.root).length === 0);
  });
});

describe('one text of all scripts', () => {
  test('every sample has its script; what one says wrong does not harm the others', async () => {
    const exporter = await withScripts({
      'a_autostart.stp': publishing('# HELP x_total All x.\n# TYPE x_total counter\nx_total{k="1"} 1\n'),
      'b_autostart.stp': publishing('# TYPE x_total gauge\nx_total 2\nbroken{ 1\ny 7\ny 8\nno number\n'),
      'c_autostart.stp': publishing('# TYPE x_total counter\nx_total{script="own"} 3'),
      'd.stp': publishing('never 1\n'),
    }).start();
    for (const name of ['a', 'b', 'c'])
      await exporter.metrics(`stap_exporter_script_up{script="${name}_autostart.stp"} 1\n`);
    const text = await exporter.metrics();
    expect(
      text.startsWith(
        '# HELP x_total All x.\n# TYPE x_total counter\nx_total{script="a_autostart.stp",k="1"} 1\n' +
          'x_total{script="c_autostart.stp",exported_script="own"} 3\n' +
          '# HELP y Without description in b_autostart.stp.\n# TYPE y untyped\ny{script="b_autostart.stp"} 7\n' +
          '# HELP stap_exporter_script_up ',
      ),
    ).toBe(true);
    expect(text).toContain('stap_exporter_script_lines_left_out{script="b_autostart.stp"} 3\n');
    expect(text).toContain('stap_exporter_family_left_out{script="b_autostart.stp",family="x_total"} 1\n');
    expect(text).toContain('stap_exporter_script_running{script="d.stp"} 0\n');
    expect(exporter.errors.match(/WARNING: b_autostart\.stp: the family x_total is left out/g)).toHaveLength(
      1,
    );
  });

  test('of a script without text of its own: its globals, and how it is doing', async () => {
    const exporter = await withScripts({
      'a_autostart.stp': '// Calls by name.\nglobal calls\nprobe timer.ms(10) { calls["x"]++ }\n',
      'b_autostart.stp': publishing('own 1\n'),
    }).start();
    await exporter.metrics('own{script="b_autostart.stp"} 1\n');
    const text = await exporter.metrics('calls');
    expect(text).toMatch(/^# HELP \w*calls_total Calls by name\.$/m);
    expect(text).toMatch(/^\w*calls_total\{script="a_autostart\.stp",\w+="x"\} \d+$/m);
    expect(text).toContain('stap_exporter_script_up{script="a_autostart.stp"} 1\n');
    expect(text).not.toContain('exported_script');
  });
});

test.skipIf(!isInstalled('promtool'))('promtool finds nothing wrong with the joined text', async () => {
  const exporter = await withScripts({
    'a_autostart.stp': COUNTING,
    'b_autostart.stp': publishing('ticks_total{what="\\033\\u00E9"} 1\nbad{\nworse{a="\\q"} 1\nx 1e999\n'),
  }).start();
  for (const name of ['a', 'b'])
    await exporter.metrics(`stap_exporter_script_up{script="${name}_autostart.stp"} 1\n`);
  const { body } = await exporter.get('/metrics');
  expect(body).toContain('\nticks_total{script="b_autostart.stp",what="\x1b\xc3\xa9"} 1\n');
  const input = Buffer.from(body, 'latin1');
  expect(execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })).toBe('');
});

describe('failures', () => {
  test('scripts that hang, flood, end or are wrong do not harm another', async () => {
    const exporter = await withScripts({
      'a_hangs_autostart.stp': publishing('hangs 1\n'),
      'b_floods_autostart.stp': '#!/bin/sh\nexec yes "some line\x1b[31m of a flood"\n',
      'c_wrong_autostart.stp': 'probe begin {',
      'd_ends_autostart.stp': '#!/bin/sh\nexit 3\n',
      'e_huge_autostart.stp':
        '#!/bin/sh\nd=$STAP_PROCFS_ROOT/$2\nmkdir -p "$d"; head -c 5000000 /dev/zero >"$d/__prometheus"\n' +
        'trap \'rm -r "$d"; exit\' TERM; while :; do sleep 0.1; done\n',
      'f_good_autostart.stp': publishing('good 1\n'),
      'g_stays.stp': `#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n`,
    }).start();
    await exporter.answer('/a_hangs_autostart.stp', 200);
    await exporter.answer('/f_good_autostart.stp', 200);
    const [stapPid = 0] = exporter.processesOf(1);
    process.kill(stapPid, 'SIGSTOP');
    const startMs = performance.now();
    const hanging = exporter.get('/a_hangs_autostart.stp');
    const all = exporter.get('/metrics');
    for (let turn = 0; turn < 20; turn++)
      expect((await exporter.get('/f_good_autostart.stp')).status).toBe(200);
    expect(performance.now() - startMs).toBeLessThan(4000);

    expect(await hanging).toMatchObject({ status: 503 });
    expect((await hanging).body).toContain('the script did not answer within 5 s');
    expect((await all).body).toContain('good{script="f_good_autostart.stp"} 1\n');
    expect((await all).body).toContain('stap_exporter_script_up{script="a_hangs_autostart.stp"} 0\n');
    process.kill(stapPid, 'SIGCONT');
    await exporter.answer('/a_hangs_autostart.stp', 200);

    expect((await exporter.get('/e_huge_autostart.stp')).body).toContain('the text has more than 4 MiB');
    await exporter.get('/g_stays.stp');
    await exporter.complained('c_wrong_autostart.stp: parse error');
    expect(exporter.output).toContain('session d_ends_autostart.stp stopped, exit status 3\n');
    const flood = exporter.errors.split('\n').filter((line) => line.startsWith('b_floods'));
    expect(flood[0]).toBe('b_floods_autostart.stp: some line^[[31m of a flood');
    expect(flood.length).toBeLessThan(250);

    // A script that does not end when asked is killed.
    exporter.signal('SIGTERM');
    expect(await exporter.end()).toBe(0);
    await exporter.assertNothingLeft();
  });

  test('a script that ends at once is started again after longer and longer pauses', async () => {
    const exporter = await withScripts({ 'autostart.stp': '#!/bin/sh\nexit 3\n' }).start();
    await new Promise((resolve) => setTimeout(resolve, 3800));
    // After 0, 1 and 3 seconds.
    expect(exporter.output.match(/ autostart __stap/g)).toHaveLength(3);
    // A new one is tried at once.
    exporter.write('autostart.stp', publishing('right 1\n'));
    await exporter.answer('/autostart.stp', 200, 3000);
  });

  test.each(['exec ', ''])('killed, it takes its scripts with it; wrapper: "%s"', async (exec) => {
    const exporter = withScripts({ 'one_autostart.stp': publishing('one 1\n') });
    writeFileSync(join(exporter.folder, 'real.txt'), publishing('two 1\n'));
    exporter.write('two_autostart.stp', `#!/bin/sh\n${exec}stap $@ ${exporter.folder}/real.txt\nexit 0\n`);
    await exporter.start();
    await exporter.answer('/one_autostart.stp', 200);
    await exporter.answer('/two_autostart.stp', 200);
    exporter.signal('SIGKILL');
    await exporter.end();
    await exporter.assertNothingLeft(8000);
  });

  test('what it cannot do is said before any script runs', async () => {
    const first = await withScripts({}).start();
    const second = withScripts({ 'autostart.stp': COUNTING });
    await second.start('--port', String(first.port));
    expect(await second.end()).toBe(1);
    expect([second.output, second.errors]).toEqual([
      '',
      `stap-exporter: ERROR: Another program listens on 127.0.0.1:${first.port}. Choose another port by --port.\n`,
    ]);
    await second.assertNothingLeft();

    const third = withScripts({});
    await third.start('--scripts', 'missing');
    expect(await third.end()).toBe(1);
    expect(third.errors).toMatch(
      /^stap-exporter: ERROR: The script directory .*\/missing cannot be read: ENOENT/,
    );
    const fourth = await withScripts({}).start('--keepalive', 'soon');
    expect([await fourth.end(), fourth.errors]).toEqual([
      1,
      "stap-exporter: --keepalive needs a number of seconds, not 'soon'\n" +
        "Try 'stap-exporter --help' for more information.\n",
    ]);
  });
});

describe('the directory', () => {
  test('scripts come and go while it runs; SIGHUP runs changed ones from their new text', async () => {
    const exporter = await withScripts({
      'gone_autostart.stp': publishing('gone 1\n'),
      'kept_autostart.stp': publishing('old 1\n'),
    }).start();
    await exporter.answer('/gone_autostart.stp', 200);
    await exporter.answer('/kept_autostart.stp', 200);
    exporter.remove('gone_autostart.stp');
    exporter.write('new_autostart.stp', publishing('new 1\n'));
    exporter.write('kept_autostart.stp', publishing('changed 1\n'));
    await exporter.printed('session gone_autostart.stp shut down');
    expect((await exporter.get('/gone_autostart.stp')).status).toBe(404);
    expect((await exporter.answer('/new_autostart.stp', 200)).body).toBe('new 1\n');
    expect((await exporter.get('/kept_autostart.stp')).body).toBe('old 1\n');
    exporter.signal('SIGHUP');
    await exporter.printed('session kept_autostart.stp stopped');
    expect((await exporter.answer('/kept_autostart.stp', 200)).body).toBe('changed 1\n');
    expect((await exporter.get('/')).body).toBe(
      '/metrics  all running scripts\n/kept_autostart.stp  running\n/new_autostart.stp  running\n',
    );
  });
});

describe('who may ask', () => {
  test('only who knows the token; whether it is there everybody may know', async () => {
    const exporter = withScripts({ 'autostart.stp': publishing('secret 1\n') });
    const tokenFile = join(exporter.folder, 'token');
    await exporter.start('--token-file', tokenFile);
    const token = readFileSync(tokenFile, 'utf8').trim();
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    for (const path of ['/', '/metrics', '/autostart.stp', '/nothing.stp']) {
      for (const headers of [{}, { Authorization: 'Bearer wrong' }, { Authorization: `Basic ${token}` }])
        expect((await exporter.get(path, { headers })).status).toBe(401);
    }
    expect((await exporter.get('/healthz')).body).toBe('ok\n');
    const headers = { Authorization: `Bearer ${token}` };
    expect((await exporter.get('/metrics', { headers })).status).toBe(200);

    chmodSync(tokenFile, 0o644);
    const other = await withScripts({}).start('--token-file', tokenFile);
    expect(await other.end()).toBe(1);
    expect(other.errors).toContain('chmod 600');
  });

  test('only programs of this machine, unless it listens elsewhere', async () => {
    const exporter = await withScripts({}).start();
    expect(await attempt(exporter, '/', '127.0.0.2')).toBe('ECONNREFUSED');
    expect((await exporter.get('/', { headers: { Host: 'evil.example' } })).status).toBe(421);
    const prometheus = { Host: `localhost:${exporter.port}` };
    expect((await exporter.get('/', { headers: prometheus })).status).toBe(200);

    const open = await withScripts({}).start('--listen', '0.0.0.0');
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    for (const host of ['127.0.0.2', ...(own === undefined ? [] : [own])])
      expect(await attempt(open, '/', host)).toMatchObject({ status: 200 });
    const byName = { Host: `web1.example.com:${open.port}` };
    expect((await open.get('/', { headers: byName })).status).toBe(200);
  });

  test('files are not read where others could have put them', async () => {
    const exporter = await withScripts({ 'autostart.stp': publishing('right 1\n') }).start();
    await exporter.answer('/autostart.stp', 200);
    chmodSync(exporter.root, 0o1777);
    expect((await exporter.get('/autostart.stp')).status).toBe(503);
    chmodSync(exporter.root, 0o755);
    expect((await exporter.get('/autostart.stp')).status).toBe(200);
  });

  test('hostile requests are refused and nothing is read or started', async () => {
    const exporter = await withScripts({ 'good.stp': publishing('good 1\n') }).start();
    writeFileSync(join(exporter.folder, 'outside.stp'), publishing('outside 1\n'));
    for (const path of [
      '/../outside.stp',
      '/%2e%2e/outside.stp',
      '/..%2foutside.stp',
      '/x/../../outside.stp',
    ])
      expect((await exporter.get(path)).status).toBe(404);
    for (const path of ['/good.stp%00', '/%zz', '/%ff']) expect((await exporter.get(path)).status).toBe(400);
    expect((await exporter.get('/good.stp/')).status).toBe(404);
    expect((await exporter.get('/good.stp', { method: 'POST' })).status).toBe(405);
    expect((await exporter.get(`/${'x'.repeat(20_000)}`)).status).toBe(431);
    const origin = { Origin: 'http://evil.example' };
    expect((await exporter.get('/good.stp', { headers: origin })).status).toBe(403);
    expect(await rawAnswer(exporter.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect(exporter.output).not.toContain('session good.stp start');
  });

  test('a hundred requests at once, to a script that has to be started first', async () => {
    const exporter = await withScripts({ 'slow.stp': COUNTING }).start('--start-wait', '20');
    const answers = await Promise.all(Array.from({ length: 100 }, () => exporter.get('/slow.stp')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(exporter.output.match(/session slow\.stp start/g)).toHaveLength(1);
    const joined = await Promise.all(Array.from({ length: 100 }, () => exporter.get('/metrics')));
    expect(joined.every(({ body }) => body.includes('ticks_total{script="slow.stp",what="a b"} '))).toBe(
      true,
    );
  });
});

/** What is answered to these bytes. */
function rawAnswer(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (piece) => (text += piece.toString('latin1')));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}
