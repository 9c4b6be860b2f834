import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ApiModule } from '../../src/dashboard/api.ts';
import { CheckedClient } from '../../src/dashboard/testing/checked-client.ts';
import { readExposition } from '../../src/metrics/testing/exposition-reader.ts';
import { makeRoot, RunningStap, until, type StapRun } from './running-stap.ts';
import { serveDashboard, type ServedDashboard } from './served-dashboard.ts';
import { metricsFaults } from './served-metrics.ts';

// What is served about modules that are hard to serve: their names, their handlers, or all of them is hostile.

const OTHER = 1501;
const onRoot = process.getuid?.() === 0;
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0';

const started: RunningStap[] = [];
const processes: ChildProcess[] = [];
afterEach(async () => {
  for (const process of processes.splice(0)) process.kill('SIGKILL');
  await Promise.all(started.splice(0).map((stap) => stap.dispose()));
});

async function serve(run: StapRun): Promise<{ served: ServedDashboard; client: CheckedClient }> {
  const served = await serveDashboard(run, (stap) => started.push(stap));
  const client = new CheckedClient(served.token);
  client.url = served.url;
  return { served, client };
}

async function metrics({ url, headers }: ServedDashboard, accept = 'text/plain'): Promise<string> {
  const answer = await fetch(`${url}metrics`, { headers: { ...headers, accept } });
  expect(answer.status).toBe(200);
  return answer.text();
}

describe('a script', () => {
  test('puts nothing into lines of metrics or of answers but what it is', async () => {
    const text = String.raw`
      # Help \ with "quotes"
      global by, said = "a\nb\"c\\\r\ud\xff\001"
      probe procfs("a\nb\"c{}").read { by["k\n\"q\" \\ \xff}", 1]++; $value = "content" }
      probe procfs("x\r\nSet-Cookie: a=b").write { said = $value }
      probe procfs("plain").read { $value = said }
      probe end { foreach ([k, n] in by) println(k) }`;
    const { served, client } = await serve({ options: ['-m', 'odd'], script: text });
    const stap = await served.stap.ready();
    expect(await stap.out('cat a*')).toBe('content');
    const put = await client.ask(
      'PUT /api/v1/modules/{name}/files/{path}',
      { name: 'odd', path: 'x\r\nSet-Cookie: a=b' },
      { bytes: Buffer.from('new\n"value" \\\xfe{}', 'latin1') },
    );
    expect([put.status, put.headers.get('set-cookie')]).toEqual([204, null]);

    const plain = await metrics(served);
    const families = readExposition(plain, false);
    expect(await metricsFaults(plain)).toBe('');
    readExposition(await metrics(served, OPEN_METRICS), true);
    const labels = families.flatMap(({ samples }) => samples.map((sample) => sample.labels));
    expect(labels.some((one) => Object.values(one).includes('k\n"q" \\ ÿ}'))).toBe(true);
    expect(labels.map((one) => one['value'])).toContain('new\n"value" \\þ{}');
    expect(labels.some((one) => one['file'] === 'a\nb"c{}')).toBe(true);

    const file = 'GET /api/v1/modules/{name}/files/{path}';
    expect(await client.ask(file, { name: 'odd', path: 'a\nb"c{}' })).toMatchObject({
      status: 200,
      text: 'content',
    });
    expect((await client.ask('GET /api/v1/modules/{name}', { name: 'odd' })).status).toBe(200);
    const events = await client.events('?module=odd');
    await events.wait('state');
    events.leave();
    expect((await stap.stop()).status).toBe(0);
  });

  test('that has a hostile name is told by that name, in its label', async () => {
    const root = makeRoot();
    const name = 'we"ird\n# TYPE {x} gauge\\.stp';
    const path = join(dirname(root), name);
    writeFileSync(path, 'global n probe timer.ms(10) { n++ } probe procfs("n").read { $value = sprint(n) }');
    const { served, client } = await serve({ root, options: ['-m', 'named', path] });
    const plain = await metrics(served);
    expect(await metricsFaults(plain)).toBe('');
    const [family] = readExposition(plain, false).filter(({ name: one }) => one === 'stap_n_total');
    expect(family?.samples[0]?.labels['script']).toBe(name);
    const list = (await client.ask('GET /api/v1/modules')).json as ApiModule[];
    expect(list.map(({ script }) => script.endsWith(name))).toEqual([true]);
  });

  test('whose handler never ends holds up nothing but itself, and both ends are found', async () => {
    const script = `global n
      probe procfs("x").read { n++; if (n > 1) while (1) n++; $value = "x" }`;
    const options = ['-g', '--suppress-time-limits', '--metrics=127.0.0.1:0', '-m', 'endless'];
    const { served, client } = await serve({ script, options });
    const stap = await served.stap.ready();
    const file = 'GET /api/v1/modules/{name}/files/{path}';
    const parts = { name: 'endless', path: 'x', global: 'n' };
    expect((await client.ask(file, parts)).text).toBe('x');
    const reading = client.ask(file, parts);
    // It had answered a moment ago.
    const { metricsUrl = '' } = served;
    const health = async (url: string): Promise<number> => (await fetch(new URL('/healthz', url))).status;
    for (const url of [metricsUrl, served.url])
      await expect.poll(() => health(url), { timeout: 15_000 }).toBe(503);
    expect((await reading).status).toBe(504);
    expect(await (await fetch(metricsUrl)).text()).toMatch(/^stap_module_up\{[^}]*\} 0$/m);
    const answers = await Promise.all([
      client.ask(file, parts),
      client.ask('GET /api/v1/modules/{name}', parts),
      client.ask('PUT /api/v1/modules/{name}/globals/{global}', parts, { json: { value: '1' } }),
      client.ask('POST /api/v1/modules/{name}/pause', parts),
      client.ask('POST /api/v1/modules/{name}/stop', parts),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([504, 504, 504, 504, 504]);
    expect((await client.ask('GET /api/v1')).status).toBe(200);
    stap.child.kill('SIGKILL');
    await until('end of the server', () => stap.isOver);
    await expect
      .poll(
        () =>
          fetch(served.url).then(
            () => 'answers',
            () => 'gone',
          ),
        { timeout: 5000 },
      )
      .toBe('gone');
  }, 60_000);

  test('whose output nobody takes is answered for, and loses none of it', async () => {
    const script = `global n
      probe timer.ms(5) { if (n < 2000) for (i = 0; i < 10; i++) printf("%d %1000d\\n", n++, 1) }
      probe procfs("n").read { $value = sprint(n) }`;
    const { served, client } = await serve({ script, options: ['-m', 'blocked'] });
    const { child } = await served.stap.ready();
    child.stdout?.pause();
    const state = 'GET /api/v1/modules/{name}';
    const file = 'GET /api/v1/modules/{name}/files/{path}';
    await new Promise((resolve) => setTimeout(resolve, 300));
    const answers = await Promise.all([
      client.ask(state, { name: 'blocked' }),
      client.ask(file, { name: 'blocked', path: 'n' }),
      client.ask('GET /healthz'),
    ]);
    for (const { status } of answers) expect([200, 503, 504]).toContain(status);
    child.stdout?.resume();
    await served.stap.printed('\n1999 ');
    expect((await client.ask(file, { name: 'blocked', path: 'n' })).text).toBe('2000');
    const { status, stdout } = await served.stap.stop();
    expect(status).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => Number(line.split(' ', 1)[0])),
    ).toEqual(Array.from({ length: 2000 }, (_, index) => index));
  });
});

describe.runIf(onRoot)('modules of other users', () => {
  /** What answers every line with a text, as the other user; it listens where a module's socket is. */
  const FORGER = `
    const [socket, kind] = process.argv.slice(1);
    const reply = (text) => JSON.stringify(text) + '\\n';
    const lie = { ok: true, position: -1, module: {
      version: 'v\\n# EOF\\n', options: [1, null, 'x\\u0000'], memoryBytes: -5, openFiles: 1e400, errors: {}, warnings: '7',
      cpuSeconds: '__proto__', files: [{ path: '../../../../etc/passwd', mode: 1e9, reads: 1.5 }, { path: 'passwd' }, 7, null],
      globals: [
        { name: '__proto__', type: 'long', keyTypes: [], value: 1 },
        { name: 'a"} 1\\n# TYPE b', type: 'long', keyTypes: [], value: { a: [[[[[[1]]]]]] } },
        { name: 'x', type: 'stats', keyTypes: ['long'], size: 'many', elements: [{ keys: [{}], value: { count: -1, sum: 'x' } }, 5] },
        { name: 'y', type: 'string', keyTypes: [], value: 'line\\n# EOF\\nb', documentation: 'help\\n# EOF', onlyGrows: true },
      ],
      probes: [{ index: -1, point: 'p\\n"', location: '', on: 1, hits: 'x', timedHits: -1, totalNs: 1e308 }] } };
    require('node:net').createServer((client) => {
      client.on('error', () => {});
      client.on('data', () => {
        if (kind === 'lies') client.write(reply(lie) + reply({ event: 'output', stream: 'x', text: 5 }));
        if (kind === 'garbage') client.write('\\xff{"ok":tr\\n[]\\n5\\n{"event":5}\\n{"ok":true}\\n');
        if (kind === 'endless') { const send = () => { if (client.write(Buffer.alloc(1 << 20, 65))) setImmediate(send); else client.once('drain', send); }; send(); }
        if (kind === 'deep') client.write('{"ok":true,"module":' + '['.repeat(1e6) + ']'.repeat(1e6) + '}\\n');
      });
    }).listen(socket, () => console.log('listening'));`;

  function theirs(...words: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, ['-e', FORGER, ...words], { uid: OTHER, gid: OTHER, cwd: '/' });
    processes.push(child);
    return child;
  }

  /** A module that is none, in a root where others may add theirs. */
  async function forge(root: string, kind: string): Promise<void> {
    const home = join(root, `.${kind}`);
    mkdirSync(home);
    chownSync(home, OTHER, OTHER);
    const child = theirs(join(home, 'control'), kind);
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(`the server ${kind}`, () => text !== '');
    const pid = child.pid ?? 0;
    const startTicks = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19];
    const facts = { formatVersion: 1, name: kind, state: 'running', pid, startTicks, uid: OTHER };
    const files = [{ path: 'passwd', mode: 0o444 }];
    const entry = join(home, 'entry.json');
    writeFileSync(
      entry,
      JSON.stringify({ ...facts, startedAtMs: 1, script: `x\n${kind}`, directory: '/etc', files }),
    );
    chownSync(entry, OTHER, OTHER);
  }

  test('that lie, flood or are silent harm neither who asks them nor the others', async () => {
    const { served: mine } = await serve({
      script: 'global n = 7 probe procfs("n").read { $value = sprint(n) }',
      options: ['-m', 'mine'],
    });
    const { root } = await mine.stap.ready();
    const kinds = ['lies', 'garbage', 'silent', 'deep', 'endless'];
    for (const kind of kinds) await forge(root, kind);
    symlinkSync(join(root, '.mine'), join(root, '.linked'));
    const { served, client } = await serve({ root });
    const list = async (): Promise<string[]> =>
      ((await client.ask('GET /api/v1/modules')).json as ApiModule[]).map(({ name }) => name);
    await expect.poll(list, { timeout: 5000 }).toContain('lies');

    for (let round = 0; round < 2; round++) {
      const plain = await metrics(served);
      readExposition(plain, false);
      expect(await metricsFaults(plain)).toBe('');
      expect(plain).toMatch(/^stap_n\{[^}]*\} 7$/m);
      readExposition(await metrics(served, OPEN_METRICS), true);
      const states = await Promise.all(
        kinds.map((name) => client.ask('GET /api/v1/modules/{name}', { name })),
      );
      for (const { status } of states) expect([200, 410, 504]).toContain(status);
    }
    // Its directory is said to be /etc, and its files are. On a busy machine it may not even answer in time.
    for (const path of ['passwd', '../../../../etc/passwd']) {
      const file = await client.ask('GET /api/v1/modules/{name}/files/{path}', { name: 'lies', path });
      expect([403, 404, 410, 504]).toContain(file.status);
      expect(file.text).not.toContain('root:');
    }
    const own = await client.ask('GET /api/v1/modules/{name}/files/{path}', { name: 'mine', path: 'n' });
    expect([own.status, own.text]).toEqual([200, '7']);
    expect(served.stap.isOver).toBe(false);
    expect(served.stap.stderr()).not.toContain('memory');
    const { status } = await served.stap.stop();
    expect(status).toBe(0);
  }, 120_000);

  test('are listed for an ordinary user, and nothing else', async () => {
    const { served: rooted } = await serve({
      script: 'global n probe procfs("n").umask(0).read { $value = sprint(n++) }',
      options: ['-m', 'rooted'],
    });
    const { root } = await rooted.stap.ready();
    const { served, client } = await serve({ root, uid: OTHER, gid: OTHER, cwd: '/' });
    const list = (await client.ask('GET /api/v1/modules')).json as ApiModule[];
    expect(list).toMatchObject([{ name: 'rooted', canAsk: false }]);
    const operations = client.file.operations.filter((one) => one.includes('{name}'));
    for (const operation of operations) {
      const parts = { name: 'rooted', global: 'n', path: 'n', index: '0' };
      const answer = await client.ask(operation, parts, operation.startsWith('GET') ? {} : { json: {} });
      expect([operation, answer.status, answer.json]).toMatchObject([operation, 403, { code: 'denied' }]);
    }
    expect(await metrics(served)).not.toContain('rooted');
    const events = await client.events('?module=rooted&file=n');
    await events.wait('modules');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect([...new Set(events.received.map(({ event }) => event))]).toEqual(['modules']);
    events.leave();
  });
});
