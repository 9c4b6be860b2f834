import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawRequest, statusOf } from '../web/testing/raw-request.ts';
import type { WebServer } from '../web/web-server.ts';
import type { ApiModuleState, ApiOutputLine } from './api.ts';
import { apiRoutes } from './api-routes.ts';
import type { CompileOutcome, DashboardOptions } from './dashboard-options.ts';
import { ModuleFeeds } from './module-feeds.ts';
import { startDashboard } from './start-dashboard.ts';
import { metricsRoutes } from './start-metrics-server.ts';
import { CheckedClient } from './testing/checked-client.ts';
import { TestModule, TestModules } from './testing/served-module-fixture.ts';

const TOKEN = 'a-token-of-some-length';
const client = new CheckedClient(TOKEN);
const modules = new TestModules();
const page = mkdtempSync(`${tmpdir()}/stap-page-`);
const faults: unknown[] = [];
let server: WebServer;
let module: TestModule;
let outcome: CompileOutcome = { kind: 'impossible', text: 'not yet' };

const options: DashboardOptions = {
  address: { host: '127.0.0.1', port: 0 },
  anyPort: false,
  token: TOKEN,
  readOnly: false,
  modules,
  onlyModule: undefined,
  version: '1.2.3',
  assetsDirectory: page,
  metricsText: (accept) =>
    Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: `# ${accept}\n` }),
  compileScript: () => Promise.resolve(outcome),
  onFault: (error) => faults.push(error),
};

beforeAll(async () => {
  writeFileSync(`${page}/index.html`, '<!doctype html><title>page</title>');
  mkdirSync(`${page}/assets`);
  writeFileSync(`${page}/assets/main-0123456789abcdef.js`, 'export {};');
  writeFileSync(`${page}/secret.txt`, 'no part of the page');
  module = await modules.start('m');
  module.globalList = [
    {
      name: 'n',
      type: 'long',
      keyTypes: [],
      value: 2n ** 62n,
      onlyGrows: true,
      documentation: 'caf\xc3\xa9',
    },
    { name: 's', type: 'string', keyTypes: [], value: 'caf\xc3\xa9 \xff' },
    {
      name: 'a',
      type: 'stats',
      keyTypes: ['string', 'long'],
      keyNames: ['who', 'what'],
      elements: [
        { keys: ['\xc3\xa9', -1n * 2n ** 63n], value: { count: 2, sum: 2n ** 60n, min: 1, max: 5, avg: 3 } },
      ],
      size: 1,
    },
    { name: 'inner', type: 'long', keyTypes: [], value: 1, hidden: true },
  ];
  module.probeList = ['begin', 'begin(7)', 'end', 'error', 'timer.s(1)', 'procfs("a").read'].map(
    (point, index) => ({
      index,
      point,
      location: 'x.stp:1:1',
      on: true,
      hits: index,
    }),
  );
  module.fileList = [
    'plain',
    'sub/caf\xc3\xa9 100%',
    'pipe',
    'link',
    'sub/../plain',
    'big',
    'missing',
    'silent',
  ];
  writeFileSync(`${module.directory}/plain`, 'one\ntwo \xff\n', 'latin1');
  mkdirSync(`${module.directory}/sub`);
  writeFileSync(`${module.directory}/sub/café 100%`, 'deep');
  writeFileSync(`${module.directory}/unlisted`, 'not for anybody');
  writeFileSync(`${module.directory}/big`, 'x'.repeat((1 << 20) + 1));
  symlinkSync('/etc/passwd', `${module.directory}/link`);
  execFileSync('mkfifo', [`${module.directory}/pipe`, `${module.directory}/silent`]);
  server = await startDashboard(options);
  client.url = server.url;
});

afterAll(async () => {
  await server.close();
  await modules.close();
  rmSync(page, { recursive: true });
  expect(faults).toEqual([]);
});

const m = { name: 'm' };

describe('what is shown', () => {
  it('is the server, its modules, and all about one of them', async () => {
    expect((await client.ask('GET /api/v1')).json).toEqual({ version: '1.2.3', readOnly: false });
    const [listed] = (await client.ask('GET /api/v1/modules')).json as { name: string }[];
    expect(listed).toMatchObject({ name: 'm', state: 'running', script: 'café.stp', canAsk: true });
    const state = (await client.ask('GET /api/v1/modules/{name}', m)).json as ApiModuleState;
    expect(state).toMatchObject({ options: ['-v', 'café.stp'], skipped: 7, warnings: 2, cpuSeconds: 0.5 });
    expect(state.files[1]).toEqual({ path: 'sub/café 100%', mode: '0600', reads: 1, writes: 2 });
    expect(state.globals.map(({ name }) => name)).toEqual(['n', 's', 'a']);
    expect(state.globals[0]).toMatchObject({ value: { int64: String(2n ** 62n) }, documentation: 'café' });
    expect(state.globals[1]).toMatchObject({ value: 'café ÿ' });
    expect(state.globals[2]).toMatchObject({
      keyNames: ['who', 'what'],
      elements: [
        {
          keys: ['é', { int64: String(-(2n ** 63n)) }],
          value: { count: 2, sum: { int64: String(2n ** 60n) } },
        },
      ],
    });
    expect(state.probes).toHaveLength(6);
    expect((await client.ask('GET /api/v1/modules/{name}/globals', m)).json).toEqual(state.globals);
    const one = await client.ask('GET /api/v1/modules/{name}/globals/{global}', { ...m, global: 's' });
    expect(one.json).toEqual(state.globals[1]);
    expect((await client.ask('GET /api/v1/modules/{name}/history', m)).json).toEqual(modules.historyOfAll);
    expect((await client.ask('GET /api/v1/modules/{name}/source', m)).json).toEqual([
      { name: '<input>', text: 'probe begin {}' },
    ]);
    expect((await client.ask('GET /metrics')).text).toMatch(/^# /);
    expect((await client.ask('GET /healthz')).text).toBe('ok\n');
  });

  it('is not what is not there', async () => {
    expect((await client.ask('GET /api/v1/modules/{name}', { name: 'none' })).status).toBe(404);
    expect((await client.ask('GET /api/v1/modules/{name}', { name: '__proto__' })).status).toBe(404);
    for (const global of ['none', 'inner', 'constructor'])
      expect((await client.ask('GET /api/v1/modules/{name}/globals/{global}', { ...m, global })).status).toBe(
        404,
      );
  });

  it('needs the token, but the page does not', async () => {
    for (const path of [
      'api/v1',
      'api/v1/modules/m',
      'api/v1/events',
      'metrics',
      'api/v1/modules/m/files/plain',
    ])
      expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 401]);
    const index = await fetch(server.url);
    expect([index.status, index.headers.get('content-type'), index.headers.get('cache-control')]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    const script = await fetch(`${server.url}assets/main-0123456789abcdef.js`);
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const etag = script.headers.get('etag') ?? '';
    const again = await fetch(`${server.url}assets/main-0123456789abcdef.js`, {
      headers: { 'If-None-Match': etag },
    });
    expect([again.status, await again.text()]).toEqual([304, '']);
    for (const path of [
      'secret.txt',
      'assets/',
      'assets/none.js',
      'assets/%2e%2e/secret.txt',
      '..%2f..%2fetc/passwd',
    ])
      expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 404]);
  });

  it('asks the module once for many', async () => {
    await pause(60);
    const before = module.calls.filter((call) => call === 'describe').length;
    await Promise.all(Array.from({ length: 50 }, () => client.ask('GET /api/v1/modules/{name}', m)));
    expect(module.calls.filter((call) => call === 'describe').length - before).toBeLessThan(15);
  });
});

const FILE = 'GET /api/v1/modules/{name}/files/{path}';
const PUT_FILE = 'PUT /api/v1/modules/{name}/files/{path}';

describe('files', () => {
  it('are read as text', async () => {
    const plain = await client.ask(FILE, { ...m, path: 'plain' });
    expect([plain.headers.get('content-type'), plain.text]).toEqual([
      'text/plain; charset=utf-8',
      'one\ntwo ÿ\n',
    ]);
    expect((await client.ask(FILE, { ...m, path: 'sub/café 100%' })).text).toBe('deep');
    const unencoded = await fetch(`${server.url}api/v1/modules/m/files/sub/caf%C3%A9%20100%25`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    expect(await unencoded.text()).toBe('deep');
  });

  it('are written with the bytes that were sent', async () => {
    expect(
      (await client.ask(PUT_FILE, { ...m, path: 'plain' }, { bytes: Buffer.from([0x61, 0xff, 0, 0x0a]) }))
        .status,
    ).toBe(204);
    expect([...readFileSync(`${module.directory}/plain`)].slice(0, 4)).toEqual([0x61, 0xff, 0, 0x0a]);
    expect(
      (await client.ask(PUT_FILE, { ...m, path: 'plain' }, { bytes: 'x'.repeat((1 << 20) + 1) })).status,
    ).toBe(413);
  });

  it('may be FIFOs', async () => {
    const path = `${module.directory}/pipe`;
    const reading = client.ask(FILE, { ...m, path: 'pipe' });
    const writer = await openedWhenThere(path);
    writeSync(writer, 'first ');
    await pause(30);
    writeSync(writer, 'second');
    closeSync(writer);
    expect((await reading).text).toBe('first second');
    const end = openSync(path, constants.O_RDWR);
    expect((await client.ask(PUT_FILE, { ...m, path: 'pipe' }, { bytes: 'x'.repeat(4096) })).status).toBe(
      204,
    );
    const target = Buffer.alloc(8192);
    expect(readSync(end, target)).toBe(4096);
    closeSync(end);
  });

  it('that nobody serves are given up', { timeout: 15_000 }, async () => {
    const beforeMs = performance.now();
    const silent = client.ask(FILE, { ...m, path: 'silent' });
    expect(await silent).toMatchObject({ status: 504, json: { code: 'no-answer' } });
    expect(performance.now() - beforeMs).toBeLessThan(6500);
  });

  it('are only those that the module lists, without links', async () => {
    const paths = [
      'unlisted',
      'link',
      'missing',
      '../m/plain',
      'sub/../plain',
      'sub/../../../../etc/passwd',
      '/etc/passwd',
      './plain',
      'plain/',
      'sub',
      '..',
      '%2e%2e/plain',
      '..%2fplain',
    ];
    for (const path of paths)
      expect([path, (await client.ask(FILE, { ...m, path })).status]).toEqual([path, 404]);
    const raw = [
      '/api/v1/modules/m/files/../../../../../etc/passwd',
      '/api/v1/modules/m/files/..%2f..%2f..%2fetc%2fpasswd',
      '/api/v1/modules/m/files/%252e%252e%252fplain',
      '/api/v1/modules/m/files/%2e%2e/%2e%2e/x',
      '/api/v1/modules/..%2f..%2fetc/files/passwd',
      '/api/v1/modules/m/files/plain%00',
    ];
    for (const target of raw) {
      const answer = await rawRequest(
        server.port,
        `GET ${target} HTTP/1.1\r\nHost: localhost:${server.port}\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`,
      );
      expect([target, [400, 404].includes(statusOf(answer))]).toEqual([target, true]);
    }
    expect((await client.ask(PUT_FILE, { ...m, path: 'link' }, { bytes: 'x' })).status).toBe(404);
    expect((await client.ask(PUT_FILE, { ...m, path: 'unlisted' }, { bytes: 'x' })).status).toBe(404);
  });

  it('that are too long say so', async () => {
    expect(await client.ask(FILE, { ...m, path: 'big' })).toMatchObject({
      status: 502,
      json: { code: 'too-large' },
    });
  });

  it('cannot break a line of the answer by their names', async () => {
    const answer = await client.ask(FILE, { ...m, path: 'x\r\nSet-Cookie: a=b' });
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([404, null]);
    const other = await client.ask('GET /api/v1/modules/{name}', { name: 'x\r\nSet-Cookie: a=b' });
    expect([other.status, other.headers.get('set-cookie')]).toEqual([404, null]);
  });
});

describe('what is changed', () => {
  const SET = 'PUT /api/v1/modules/{name}/globals/{global}';

  it('is a variable', async () => {
    const parts = { ...m, global: 'a' };
    expect((await client.ask(SET, parts, { json: { keys: ['é', '1'], value: 'ü' } })).status).toBe(204);
    expect(module.calls).toContain('set a[\xc3\xa9,1]=\xc3\xbc');
    module.refusal = { ok: false, code: 'bad-value', text: 'caf\xc3\xa9 is no number.' };
    const refused = await client.ask(SET, parts, { json: { value: 'café' } });
    expect([refused.status, refused.json]).toEqual([
      400,
      { code: 'bad-value', message: 'café is no number.' },
    ]);
    module.refusal = { ok: true };
    const wrong = [[], null, 5, {}, { value: 5 }, { value: 'x', keys: 'y' }, { value: 'x', keys: [1] }];
    for (const json of wrong)
      expect([json, (await client.ask(SET, parts, { json })).status]).toEqual([json, 400]);
    expect((await client.ask(SET, parts, { json: JSON.parse('{"__proto__":{"value":"x"}}') })).status).toBe(
      400,
    );
  });

  it('is a probe, or all of them but those about the session', async () => {
    const SWITCH = 'PATCH /api/v1/modules/{name}/probes/{index}';
    expect((await client.ask(SWITCH, { ...m, index: '4' }, { json: { on: false } })).status).toBe(204);
    expect(module.probeList.filter(({ on }) => !on).map(({ index }) => index)).toEqual([4]);
    expect((await client.ask(SWITCH, { ...m, index: '4' }, { json: { on: 'yes' } })).status).toBe(400);
    await pause(60);
    expect((await client.ask('POST /api/v1/modules/{name}/pause', m)).status).toBe(204);
    expect(module.probeList.filter(({ on }) => !on).map(({ index }) => index)).toEqual([4, 5]);
    await pause(60);
    expect((await client.ask('POST /api/v1/modules/{name}/resume', m)).status).toBe(204);
    expect(module.probeList.filter(({ on }) => !on)).toEqual([]);
  });

  it('is the script', async () => {
    const RELOAD = 'POST /api/v1/modules/{name}/reload';
    outcome = { kind: 'impossible', text: 'It came from a pipe.' };
    expect(await client.ask(RELOAD, m)).toMatchObject({
      status: 409,
      json: { message: 'It came from a pipe.' },
    });
    const diagnostics = [
      { severity: 'error' as const, message: 'parse error', file: 'x.stp', line: 1, column: 2 },
    ];
    outcome = { kind: 'wrong', diagnostics };
    expect(await client.ask(RELOAD, m)).toMatchObject({
      status: 422,
      json: { code: 'wrong-script', diagnostics },
    });
    outcome = { kind: 'compiled', module: 'stapmod', script: 'x.stp' };
    module.reloading = Promise.resolve({
      ok: true,
      kept: ['n'],
      dropped: [{ name: 's', reason: 'caf\xc3\xa9' }],
    });
    expect(await client.ask(RELOAD, m)).toMatchObject({
      status: 200,
      json: { kept: ['n'], dropped: [{ name: 's', reason: 'café' }] },
    });
    expect(module.calls).toContain('reload 7 x.stp');
    module.reloading = Promise.resolve({ ok: false, code: 'not-possible', text: 'error in begin' });
    expect((await client.ask(RELOAD, m)).status).toBe(409);
    module.reloading = pause(200).then(() => ({ ok: true }));
    const both = await Promise.all([client.ask(RELOAD, m), client.ask(RELOAD, m)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('is nothing when the server only shows', async () => {
    const showing = await startDashboard({ ...options, readOnly: true });
    const reader = new CheckedClient(TOKEN);
    reader.url = showing.url;
    const before = module.calls.length;
    const changes = client.file.operations.filter((operation) => !operation.startsWith('GET '));
    for (const operation of changes)
      expect([
        operation,
        await reader.ask(operation, { ...m, global: 'n', path: 'plain', index: '1' }, { json: {} }),
      ]).toMatchObject([operation, { status: 403, json: { code: 'read-only' } }]);
    expect(module.calls.slice(before).filter((call) => /^(set|switch|stop|reload)/.test(call))).toEqual([]);
    expect((await reader.ask(FILE, { ...m, path: 'sub/café 100%' })).text).toBe('deep');
    expect((await reader.ask('GET /api/v1')).json).toMatchObject({ readOnly: true });
    await showing.close();
  });
});

describe('events', () => {
  it('tell the modules, the state when it changes, and the output', async () => {
    const events = await client.events('?module=m');
    await events.wait('modules');
    await events.wait('state');
    module.print('one\ntw');
    module.print('o\n');
    module.print('oh\n', 'err');
    const hasLine = (data: unknown): boolean => (data as ApiOutputLine[]).some(({ text }) => text === 'oh');
    await events.wait('output', hasLine);
    const lines = events.dataOf('output').flat() as ApiOutputLine[];
    expect(lines.map(({ stream, text }) => `${stream} ${text}`)).toEqual(['out one', 'out two', 'err oh']);
    await pause(1200);
    const states = events.dataOf('state').length;
    expect(states).toBeLessThanOrEqual(2);
    module.errorCount++;
    await events.wait('state', (data) => (data as ApiModuleState).errors === module.errorCount);
    const seen = lines[0]?.id ?? 0;
    events.leave();
    const again = await client.events('?module=m', { 'Last-Event-ID': String(seen) });
    const told = (await again.wait('output')).data as ApiOutputLine[];
    expect(told.map(({ text }) => text)).toEqual(['two', 'oh']);
    again.leave();
    const remembered = await client.ask('GET /api/v1/modules/{name}/output', m, { query: `?after=${seen}` });
    expect((remembered.json as ApiOutputLine[]).map(({ text }) => text)).toEqual(['two', 'oh']);
    module.hub.tell({ event: 'reloaded' });
  });

  it('tell files when their content changes, read once for all', async () => {
    writeFileSync(`${module.directory}/plain`, 'first');
    const all = await Promise.all(
      Array.from({ length: 5 }, () =>
        client.events('?module=m&file=plain&file=missing&file=sub%2Fcaf%C3%A9%20100%25'),
      ),
    );
    const [events] = all;
    await events?.wait('file', (data) => (data as { text?: string }).text === 'first');
    await events?.wait('file', (data) => (data as { error?: string }).error === 'No such file or directory');
    await events?.wait('file', (data) => (data as { text?: string }).text === 'deep');
    writeFileSync(`${module.directory}/plain`, 'second');
    for (const one of all) await one.wait('file', (data) => (data as { text?: string }).text === 'second');
    await pause(1200);
    expect(events?.dataOf('file')).toHaveLength(4);
    for (const one of all) one.leave();
    const ask = (query: string): Promise<{ status: number }> =>
      client.ask('GET /api/v1/events', {}, { query });
    expect((await ask('?file=plain')).status).toBe(400);
    expect(
      (
        await ask(
          `?module=m${'&file=x'.repeat(1)}&${Array.from({ length: 17 }, (_, i) => `file=${i}`).join('&')}`,
        )
      ).status,
    ).toBe(400);
  });

  it('join a module that starts later, and tell its end', async () => {
    const events = await client.events('?module=later');
    await events.wait('modules');
    const later = await modules.start('later');
    later.print('hello\n');
    modules.changed();
    await events.wait('state');
    later.print('unfinished');
    await pause(50);
    await later.end();
    modules.changed();
    await events.wait('ended');
    await events.wait('modules', (data) =>
      (data as { name: string }[]).every(({ name }) => name !== 'later'),
    );
    expect((events.dataOf('output').flat() as ApiOutputLine[]).at(-1)?.text).toBe('unfinished');
    expect((await client.ask('GET /api/v1/modules/{name}', { name: 'later' })).json).toMatchObject({
      code: 'ended',
    });
    expect(events.isClosed).toBe(false);
    events.leave();
  });
});

describe('one module alone', () => {
  it('is all that is served, and is healthy while it answers', async () => {
    const one = await modules.start('one');
    const alone = await startDashboard({ ...options, onlyModule: 'one' });
    const other = new CheckedClient(TOKEN);
    other.url = alone.url;
    expect((await other.ask('GET /api/v1')).json).toMatchObject({ module: 'one' });
    expect(((await other.ask('GET /api/v1/modules')).json as object[]).length).toBe(1);
    expect((await other.ask('GET /api/v1/modules/{name}', m)).status).toBe(404);
    expect((await other.ask('GET /healthz')).status).toBe(200);
    await pause(50);
    one.print('before anybody looked\n');
    await expect
      .poll(async () => (await other.ask('GET /api/v1/modules/{name}/output', { name: 'one' })).text)
      .toContain('before anybody looked');
    expect((await other.ask('POST /api/v1/modules/{name}/stop', { name: 'one' })).status).toBe(202);
    expect(one.calls).toContain('stop true');
    await one.vanish();
    modules.changed();
    expect((await other.ask('GET /healthz')).status).toBe(503);
    expect((await other.ask('POST /api/v1/modules/{name}/pause', { name: 'one' })).status).toBe(410);
    await alone.close();
  });

  it('is found as soon as it runs, whoever notices first', async () => {
    const alone = await startDashboard({ ...options, onlyModule: 'soon' });
    const soon = await TestModule.start(modules.root, 'soon');
    await pause(400);
    soon.print('early\n');
    await pause(200);
    const other = new CheckedClient(TOKEN);
    other.url = alone.url;
    const output = await other.ask('GET /api/v1/modules/{name}/output', { name: 'soon' });
    expect((output.json as ApiOutputLine[]).map(({ text }) => text)).toEqual(['early']);
    await alone.close();
    await soon.vanish();
    modules.changed();
  });

  it('takes another port when it may', async () => {
    const address = { host: '127.0.0.1', port: server.port };
    await expect(startDashboard({ ...options, address })).rejects.toMatchObject({ code: 'in-use' });
    const elsewhere = await startDashboard({ ...options, address, anyPort: true });
    expect(elsewhere.port).not.toBe(server.port);
    await elsewhere.close();
    await expect(startDashboard({ ...options, token: 'short' })).rejects.toThrow('at least 16 characters');
  });
});

describe('docs/openapi.yaml', () => {
  it('is valid, and lists the routes that there are', async () => {
    const result = await new Validator().validate(structuredClone(client.file.document));
    expect(result).toMatchObject({ valid: true });
    const feeds = new ModuleFeeds(modules, undefined);
    const routes = [
      ...apiRoutes(options, feeds),
      ...metricsRoutes(options.metricsText, () => Promise.resolve(true)),
    ];
    feeds.close();
    const written = routes.map(
      ({ method, path }) => `${method} ${path.replace(/:(\w+)(?:\{[^}]+\})?/g, '{$1}')}`,
    );
    expect(written.sort()).toEqual(client.file.operations.sort());
  });

  it('was held against an answer of every route', () => {
    const [checked, operations] = [[...client.file.checked], client.file.operations];
    const missing = operations.filter(
      (operation) =>
        !checked.some((one) => one.startsWith(`${operation} 2`)) &&
        !operation.endsWith('/events') &&
        !operation.endsWith('/stop'),
    );
    expect(missing).toEqual([]);
  });
});

/** The write end of a FIFO, once somebody reads it. */
async function openedWhenThere(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await pause(5);
    }
  }
}
