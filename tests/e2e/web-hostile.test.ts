import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OpenapiFile } from '../../src/dashboard/testing/openapi-file.ts';
import { rawRequest, statusOf } from '../../src/web/testing/raw-request.ts';
import { generator, type Generator } from './random-choice.ts';
import { makeRoot, processesNaming, until, type RunningStap } from './running-stap.ts';
import { serveDashboard, type ServedDashboard } from './served-dashboard.ts';

// What strangers send to the servers of a real script.

const TOKEN = 'a-token-of-this-test-0123456789abcdef';
const SCRIPT = `
  global ticks, bound = 5, by
  probe timer.ms(20) { ticks++; by[sprintf("%d", ticks % 5), 1]++ }
  probe procfs("ticks").read { $value = sprint(ticks) }
  probe procfs("sub/limit").write { bound = strtol($value, 10) }
  probe procfs("sub/limit").read { $value = sprintf("%d %d\\n", bound, by["1", 1]) }`;
const NAME = 'target';

const started: RunningStap[] = [];
let served: ServedDashboard;
let ports: readonly [dashboard: number, metrics: number];

beforeAll(async () => {
  const root = makeRoot();
  const tokenFile = join(dirname(root), 'token');
  writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
  const options = ['--metrics=127.0.0.1:0', `--token-file=${tokenFile}`, '-m', NAME];
  served = await serveDashboard({ root, script: SCRIPT, options }, (stap) => started.push(stap));
  await served.stap.ready();
  ports = [served.port, Number(new URL(served.metricsUrl ?? '').port)];
});

afterAll(async () => {
  for (const stap of started.splice(0)) await stap.dispose();
});

/** An address of each operation in docs/openapi.yaml: method and path. */
function operations(): (readonly [method: string, path: string])[] {
  const parts: Readonly<Record<string, string>> = { name: NAME, global: 'bound', path: 'ticks', index: '1' };
  return new OpenapiFile().operations.map((operation) => {
    const [method = '', path = ''] = operation.split(' ');
    return [method, path.replace(/\{(\w+)\}/g, (_all, name: string) => parts[name] ?? '')];
  });
}

function companionMemory(): number {
  const pids = processesNaming(served.stap.root).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'latin1') === 'stap-companion\n';
    } catch {
      return false;
    }
  });
  return Math.max(
    0,
    ...pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])),
  );
}

describe('without the token', () => {
  const wrong = [undefined, `Bearer ${TOKEN.slice(0, -1)}`, `Basic ${TOKEN}`, TOKEN];
  const all = operations().filter(([, path]) => path !== '/healthz');

  test.each(wrong)('every route is refused, and does nothing: %s', async (authorization) => {
    const before = await served.stap.out('cat sub/limit');
    const refused = async ([method, path]: readonly [string, string]): Promise<void> => {
      const answer = await fetch(new URL(`${path}?token=${TOKEN}`, served.url), {
        method,
        headers: {
          'Content-Type': 'application/json',
          Cookie: `token=${TOKEN}`,
          ...(authorization !== undefined && { authorization }),
        },
        ...(method !== 'GET' && { body: '{"value":"77","on":false}' }),
      });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expect(await answer.text()).not.toContain(TOKEN);
    };
    await Promise.all(all.map(refused));
    const metrics = await fetch(served.metricsUrl ?? '', {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(metrics.status).toBe(401);
    expect((await served.stap.out('cat sub/limit')).split(' ')[0]).toBe(before.split(' ')[0]);
  });

  test('the token is nowhere but where the user is told of it', async () => {
    expect(served.stap.stderr().split(TOKEN)).toHaveLength(2);
    for (const path of ['/', '/healthz', '/api/v1', '/nothing'])
      expect(await (await fetch(new URL(path, served.url))).text()).not.toContain(TOKEN);
    for (const pid of processesNaming(served.stap.root))
      expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain(TOKEN);
  });
});

describe('with the token', () => {
  test('no way leads out of the directory of the module, or of the page', async () => {
    const ways = ['..', '%2e%2e', '%2E.', '..%2f', '..%5c', '%252e%252e', '.%00.', '....//', '/', '%2f'];
    const bases = [`/api/v1/modules/${NAME}/files/`, `/api/v1/modules/${NAME}/files/sub/`, '/', '/assets/'];
    for (const base of bases)
      for (const way of ways)
        for (const target of ['etc/passwd', 'proc/self/environ', `.${NAME}/entry.json`]) {
          const path = `${base}${`${way}/`.repeat(8)}${target}`;
          const answer = await rawRequest(
            served.port,
            `GET ${path} HTTP/1.1\r\nHost: localhost:${served.port}\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`,
          );
          expect([path, [400, 404].includes(statusOf(answer))]).toEqual([path, true]);
          expect(answer).not.toMatch(/root:|STAP_|formatVersion/);
        }
  });

  test('pages of others, and names of others, get nothing from either server', async () => {
    for (const port of ports) {
      const ask = (...headers: string[]): Promise<string> =>
        rawRequest(
          port,
          [
            'GET /metrics HTTP/1.1',
            `Authorization: Bearer ${TOKEN}`,
            'Connection: close',
            ...headers,
            '',
            '',
          ].join('\r\n'),
        );
      expect(statusOf(await ask(`Host: localhost:${port}`))).toBe(200);
      expect(statusOf(await ask(`Host: rebound.example:${port}`))).toBe(421);
      expect(statusOf(await ask(`Host: localhost:${port}`, 'Origin: http://evil.example'))).toBe(403);
      const other = ports.find((one) => one !== port) ?? 0;
      expect(statusOf(await ask(`Host: localhost:${port}`, `Origin: http://localhost:${other}`))).toBe(403);
      expect(statusOf(await ask(`Host: localhost:${port}`, 'Sec-Fetch-Site: cross-site'))).toBe(403);
      const answers = [
        await ask(`Host: localhost:${port}`, `X: ${'y'.repeat(40_000)}`),
        await rawRequest(port, Buffer.from('\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03', 'latin1')),
      ];
      expect(answers.map(statusOf)).toEqual([431, 400]);
    }
  });
});

/** A request of which every part may be wrong. */
function randomRequest(random: Generator): {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
} {
  const { choose, chance, bytes } = random;
  const odd = (): string =>
    choose<() => string>([
      () => encodeURIComponent(bytes(12).toString('latin1')),
      () => choose(['..', '%2e%2e', '%00', '%ff', '%', '', '__proto__', 'constructor', '-1', '1e9', '*']),
      () => choose(['ticks', 'bound', 'by', 'sub/limit', 'sub', 'x'.repeat(2000), '0', '1', '99999999999']),
    ])();
  const path = choose<() => string>([
    () => choose(ROUTES)[1],
    () => `/api/v1/modules/${chance(0.7) ? NAME : odd()}/${choose(KINDS)}/${odd()}`,
    () => `/api/v1/modules/${odd()}`,
    () => `/${odd()}/${odd()}`,
    () => `/api/v1/modules/${NAME}/output?after=${odd()}`,
    () => `/metrics?${odd()}=${odd()}`,
  ])();
  const method = choose(['GET', 'GET', 'GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS']);
  const body = choose<() => Buffer | undefined>([
    () => undefined,
    () => bytes(200),
    () =>
      Buffer.from(
        JSON.stringify(
          choose<unknown>([
            { value: '7' },
            { on: true },
            { keys: ['a', '1'], value: '3' },
            [[]],
            null,
            { value: {} },
          ]),
        ),
      ),
    () => Buffer.alloc(choose([1, 70_000, 1_200_000]), 0x5b),
  ])();
  const sent = method === 'GET' || method === 'HEAD' ? undefined : body;
  return {
    method,
    path: /^\/[\x21-\x7e]*$/.test(path) ? path : '/',
    headers: {
      authorization: chance(0.99) ? `Bearer ${TOKEN}` : 'Bearer wrong',
      accept: choose(['*/*', 'application/openmetrics-text', bytes(20).toString('hex'), 'text/plain;q=x,,;']),
      'content-type': choose(['application/json', 'text/plain', 'application/json; charset=utf-16', 'x']),
      ...(sent !== undefined && { 'content-length': String(sent.length) }),
      ...(chance(0.05) && { 'last-event-id': odd().slice(0, 100) }),
      ...(chance(0.02) && { expect: '100-continue' }),
      ...(chance(0.02) && { upgrade: 'websocket', connection: 'upgrade' }),
    },
    body: sent,
  };
}

const KINDS = ['globals', 'files', 'probes', 'history', 'source', 'output', 'pause', 'resume', 'nothing'];
/** All but those that end the module, or a connection that waits for ever. */
const ROUTES = operations().filter(([, path]) => !/\/(stop|events)$/.test(path));
const REQUESTS = 20_000;
const AT_A_TIME = 16;
const FAULTLESS = new Set([
  0, 200, 204, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 417, 421, 422, 429, 431,
]);

test(`${REQUESTS} random requests leave the servers and the script as they were`, async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  const random = generator(20_260_101);
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  let left = REQUESTS;
  let memoryKiB = 0;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left--;
      if (left === REQUESTS / 2) memoryKiB = companionMemory();
      const { method, path, headers, body } = randomRequest(random);
      const status = await new Promise<number>((resolve) => {
        const target = { port: random.chance(0.8) ? ports[0] : ports[1], host: '127.0.0.1' };
        const sent = request({ ...target, method, path, headers, agent }, (answer) => {
          answer.resume();
          answer.on('close', () => resolve(answer.statusCode ?? 0));
        });
        sent.on('upgrade', (_answer, socket) => {
          socket.destroy();
          resolve(101);
        });
        sent.on('error', () => resolve(0));
        sent.end(body);
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // A file without a handler for this direction fails as it does for `cat`.
      const isFile = status === 502 && path.includes('/files/');
      if (!FAULTLESS.has(status) && !isFile) faults.push(`${status} ${method} ${path.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  agent.destroy();
  expect(faults).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan(REQUESTS / 20);
  // A connection may be cut while a request for it is on its way.
  expect(statuses.get(0) ?? 0).toBeLessThan(REQUESTS / 200);
  const grownKiB = companionMemory() - memoryKiB;
  expect(memoryKiB).toBeGreaterThan(0);
  expect(grownKiB).toBeLessThan(100 << 10);

  const { stap, url, headers } = served;
  expect(stap.stderr()).not.toMatch(/WARNING|ERROR/);
  await fetch(`${url}api/v1/modules/${NAME}/resume`, { method: 'POST', headers });
  const first = Number(await stap.out('cat ticks'));
  await until('further ticks', () => Number(readFileSync(join(stap.directory, 'ticks'), 'latin1')) > first);
  expect((await stap.stop()).status).toBe(0);
  await stap.assertNothingLeft();
}, 180_000);
