import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventStream } from './event-stream.ts';
import { ListenError } from './listen-error.ts';
import { jsonAnswer, type Route } from './route.ts';
import { allText, rawConnection, rawRequest, statusOf } from './testing/raw-request.ts';
import type { WebLimits } from './web-limits.ts';
import { startWebServer, type WebServer } from './web-server.ts';

const TOKEN = 'a-token-of-some-length';
const servers: WebServer[] = [];
const faults: unknown[] = [];
const streams: EventStream[] = [];

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/', access: 'everybody', answer: () => ({ status: 200, body: 'page' }) },
  {
    method: 'GET',
    path: '/items/:item{.+}',
    access: 'token',
    answer: (request) => jsonAnswer({ item: request.parameter('item') }),
  },
  {
    method: 'PUT',
    path: '/items/:item{.+}',
    access: 'token',
    answer: async (request) => jsonAnswer(await request.json()),
  },
  { method: 'GET', path: '/fault', access: 'token', answer: () => Promise.reject(new Error('secret words')) },
  {
    method: 'GET',
    path: '/events',
    access: 'token',
    answer: () => ({ stream: (stream) => streams.push(stream) }),
  },
];

async function started(limits: Partial<WebLimits> = {}): Promise<WebServer> {
  const server = await startWebServer({
    address: { host: '127.0.0.1', port: 0 },
    token: TOKEN,
    routes: ROUTES,
    limits: { wrongTokenMs: 30, ...limits },
    onFault: (error) => faults.push(error),
  });
  servers.push(server);
  return server;
}

const bearer = { Authorization: `Bearer ${TOKEN}` };

function head(server: WebServer, line: string, ...headers: string[]): string {
  return [line, `Host: 127.0.0.1:${server.port}`, ...headers, '', ''].join('\r\n');
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  faults.length = 0;
  streams.length = 0;
});

describe('a web server', () => {
  it('answers with headers that keep other pages out', async () => {
    const { url } = await started();
    const answer = await fetch(url);
    expect(await answer.text()).toBe('page');
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('tells which methods there are', async () => {
    const { url } = await started();
    const wrong = await fetch(`${url}items/a`, { method: 'DELETE', headers: bearer });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, OPTIONS']);
    const options = await fetch(`${url}items/a`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, PUT, OPTIONS']);
    const headOnly = await fetch(`${url}items/a`, { method: 'HEAD', headers: bearer });
    expect([headOnly.status, headOnly.headers.get('content-length'), await headOnly.text()]).toEqual([
      200,
      '12',
      '',
    ]);
    expect((await fetch(`${url}nothing`, { headers: bearer })).status).toBe(404);
  });

  it('hides what went wrong inside', async () => {
    const { url } = await started();
    const answer = await fetch(`${url}fault`, { headers: bearer });
    const text = await answer.text();
    expect([answer.status, text.includes('secret')]).toEqual([500, false]);
    expect(faults).toEqual([new Error('secret words')]);
  });

  it('says why it cannot listen', async () => {
    const { port } = await started();
    const other = (host: string, taken: number): Promise<unknown> =>
      startWebServer({
        address: { host, port: taken },
        token: TOKEN,
        routes: [],
        onFault: () => undefined,
      }).catch((error: unknown) => error);
    const inUse = await other('127.0.0.1', port);
    expect(inUse).toBeInstanceOf(ListenError);
    expect(inUse).toMatchObject({ code: 'in-use', message: `Another program listens on 127.0.0.1:${port}` });
    expect(await other('192.0.2.1', 0)).toMatchObject({ code: 'no-such-address' });
  });

  it('closes at once, streams included', async () => {
    const server = await started();
    const answer = await fetch(`${server.url}events`, { headers: bearer });
    const idle = await rawConnection(server.port);
    const beforeMs = performance.now();
    await server.close();
    expect(performance.now() - beforeMs).toBeLessThan(500);
    expect(await answer.text()).toBe(': events\n\n');
    idle.destroy();
  });
});

describe('who may ask', () => {
  it('needs the token as a bearer', async () => {
    const { url } = await started();
    const status = async (authorization: string | undefined): Promise<number> => {
      const answer = await fetch(`${url}items/a`, {
        headers: authorization === undefined ? {} : { Authorization: authorization },
      });
      if (answer.status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="stap"');
      return answer.status;
    };
    expect(await status(`Bearer ${TOKEN}`)).toBe(200);
    expect(await status(`bearer  ${TOKEN}`)).toBe(200);
    for (const wrong of [undefined, '', 'Bearer', `Bearer ${TOKEN}x`, 'Bearer a', `Basic ${TOKEN}`, TOKEN])
      expect([wrong, await status(wrong)]).toEqual([wrong, 401]);
    expect((await fetch(`${url}items/a?token=${TOKEN}`)).status).toBe(401);
    expect((await fetch(`${url}items/a`, { headers: { Cookie: `token=${TOKEN}` } })).status).toBe(401);
  });

  it('needs the token however the path is spelled, and for methods that are not there', async () => {
    const { port } = await started();
    for (const target of ['/%69tems/a', '/x/../items/a', '/items/%2e%2e/a', '/./items/a']) {
      const answer = await rawRequest(
        port,
        `GET ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
      );
      expect([target, [401, 404].includes(statusOf(answer))]).toEqual([target, true]);
    }
    const answer = await rawRequest(
      port,
      `DELETE /items/a HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(401);
  });

  it('answers wrong tokens slowly, a bounded number of them, and right ones at once', async () => {
    const { url } = await started({ wrongTokenMs: 400, maxWrongTokens: 4 });
    const wrong = Array.from({ length: 10 }, () =>
      fetch(`${url}items/a`, { headers: { Authorization: 'Bearer wrong' } }).then(({ status }) => status),
    );
    await pause(50);
    const beforeMs = performance.now();
    expect((await fetch(`${url}items/a`, { headers: bearer })).status).toBe(200);
    expect(performance.now() - beforeMs).toBeLessThan(300);
    expect((await Promise.all(wrong)).sort()).toEqual([401, 401, 401, 401, 429, 429, 429, 429, 429, 429]);
  });

  it('answers under its own names only', async () => {
    const { port } = await started();
    const ask = async (host: string): Promise<number> =>
      statusOf(await rawRequest(port, `GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`));
    for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])
      expect([host, await ask(`Host: ${host}:${port}\r\n`)]).toEqual([host, 200]);
    const wrong = [
      `Host: evil.example:${port}\r\n`,
      `Host: localhost.evil.example:${port}\r\n`,
      `Host: localhost:${port + 1}\r\n`,
      'Host: localhost\r\n',
      'Host: \r\n',
      '',
      `Host: user@localhost:${port}\r\n`,
      `Host: localhost:${port}/x\r\n`,
      `Host: 127.1:${port}\r\n`,
      `Host: 10.0.0.1:${port}\r\n`,
    ];
    for (const host of wrong) expect([host, await ask(host)]).toEqual([host, 421]);
    expect(await ask(`Host: localhost:${port}\r\nHost: evil.example\r\n`)).toBe(400);
    expect(statusOf(await rawRequest(port, 'GET / HTTP/1.0\r\n\r\n'))).toBe(200);
    expect(statusOf(await rawRequest(port, 'GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n'))).toBe(421);
  });

  it('refuses pages of other origins', async () => {
    const server = await started();
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${server.url}items/a`, { headers: { ...bearer, ...headers } })).status;
    expect(await status({ Origin: server.url.slice(0, -1) })).toBe(200);
    const origins = ['null', 'http://evil.example', `https://127.0.0.1:${server.port}`];
    for (const Origin of [...origins, `http://localhost:${server.port}`, `${server.url}x`])
      expect([Origin, await status({ Origin })]).toEqual([Origin, 403]);
    const answer = await rawRequest(
      server.port,
      head(
        server,
        'OPTIONS /items/a HTTP/1.1',
        'Origin: http://evil.example',
        'Access-Control-Request-Method: PUT',
      ),
    );
    expect(statusOf(answer)).toBe(403);
    expect(answer.toLowerCase()).not.toContain('access-control-allow');
    for (const site of ['cross-site', 'same-site']) {
      const crossed = await rawRequest(
        server.port,
        head(server, 'GET / HTTP/1.1', `Sec-Fetch-Site: ${site}`),
      );
      expect(statusOf(crossed)).toBe(403);
    }
    const own = head(server, 'GET / HTTP/1.1', 'Sec-Fetch-Site: same-origin', 'Connection: close');
    expect(statusOf(await rawRequest(server.port, own))).toBe(200);
  });
});

describe('hostile requests', () => {
  it('are answered with what is wrong with them', async () => {
    const server = await started();
    const cases: readonly [string, number][] = [
      ['garbage\r\n\r\n', 400],
      ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
      [head(server, 'GET / HTTP/9.9'), 400],
      [head(server, 'BREW / HTTP/1.1'), 400],
      [head(server, 'GET http://evil.example/ HTTP/1.1'), 400],
      [head(server, 'GET //evil.example/ HTTP/1.1'), 400],
      [head(server, 'GET /items/%00 HTTP/1.1'), 400],
      [head(server, 'GET /items/%ff HTTP/1.1'), 400],
      [head(server, 'GET /items/%zz HTTP/1.1'), 400],
      [head(server, 'GET /items/\\..\\x HTTP/1.1'), 400],
      [head(server, 'GET / HTTP/1.1', 'A: b\x00c'), 400],
      [head(server, 'GET / HTTP/1.1', `A: ${'x'.repeat(20_000)}`), 431],
      [head(server, `GET /${'x'.repeat(20_000)} HTTP/1.1`), 431],
      [head(server, 'PUT /items/a HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
      [head(server, 'PUT /items/a HTTP/1.1', 'Content-Length: 5', 'Content-Length: 6'), 400],
      [head(server, 'PUT /items/a HTTP/1.1', 'Content-Length: -1'), 400],
      [head(server, 'GET / HTTP/1.1', `Authorization: a`, 'Authorization: b'), 400],
    ];
    for (const [request, status] of cases)
      expect([request.slice(0, 60), statusOf(await rawRequest(server.port, request))]).toEqual([
        request.slice(0, 60),
        status,
      ]);
    expect((await fetch(server.url)).status).toBe(200);
    expect(faults).toEqual([]);
  });

  it('has bodies bounded, of the right type, and in UTF-8', async () => {
    const { url, port } = await started();
    const put = (body: string | Buffer, type = 'application/json'): Promise<Response> =>
      fetch(`${url}items/a`, { method: 'PUT', headers: { ...bearer, 'Content-Type': type }, body });
    expect(await (await put('{"a":1}')).json()).toEqual({ a: 1 });
    expect((await put('{"a":1}', 'text/plain')).status).toBe(415);
    expect((await put('{')).status).toBe(400);
    expect((await put(Buffer.from([0x22, 0xff, 0x22]))).status).toBe(400);
    expect((await put(`"${'x'.repeat(1 << 20)}"`)).status).toBe(413);
    expect((await put(`"${'x'.repeat((1 << 20) - 2)}"`)).status).toBe(200);
    // JSON that nests deeply is JSON, or is refused; either way the server goes on.
    expect([200, 400, 500]).toContain((await put('['.repeat(500_000) + ']'.repeat(500_000))).status);
    const chunked = [
      `PUT /items/a HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${TOKEN}`,
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    ].join('\r\n');
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    expect(statusOf(await rawRequest(port, chunked + piece.repeat(20)))).toBe(413);
  });

  it('cannot give objects another prototype', async () => {
    const { url } = await started();
    const answer = await fetch(`${url}items/a`, {
      method: 'PUT',
      headers: { ...bearer, 'Content-Type': 'application/json' },
      body: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    });
    expect(await answer.json()).toEqual({ constructor: { prototype: { polluted: 1 } } });
    expect('polluted' in {}).toBe(false);
  });

  it('that never end are ended', async () => {
    const server = await started({ headersTimeoutMs: 300, requestTimeoutMs: 600 });
    const slow = await rawConnection(server.port);
    const answer = allText(slow);
    slow.write('GET / HTTP/1.1\r\n');
    const drip = setInterval(() => slow.writable && slow.write('A: b\r\n'), 50);
    expect(statusOf(await answer)).toBe(408);
    clearInterval(drip);
    const body = await rawRequest(
      server.port,
      head(
        server,
        'PUT /items/a HTTP/1.1',
        `Authorization: Bearer ${TOKEN}`,
        'Content-Type: application/json',
        'Content-Length: 100',
      ) + '{',
    );
    expect(statusOf(body)).toBe(408);
  });

  it('may come many on one connection', async () => {
    const server = await started();
    const one = head(server, 'GET /items/a HTTP/1.1', `Authorization: Bearer ${TOKEN}`);
    const last = head(server, 'GET /items/b HTTP/1.1', `Authorization: Bearer ${TOKEN}`, 'Connection: close');
    const answers = await rawRequest(server.port, one.repeat(200) + last);
    expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(201);
    expect(answers.endsWith('{"item":"b"}')).toBe(true);
  });
});

describe('many clients', () => {
  it('beyond the limit are refused, and nobody else feels it', { timeout: 60_000 }, async () => {
    const { port, url } = await started({ maxConnections: 400 });
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, () => rawConnection(port).catch(() => undefined)),
    );
    const request = `GET / HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`;
    const answers = await Promise.all(
      sockets.map(async (socket) => {
        if (socket === undefined) return 0;
        const answer = allText(socket);
        socket.write(request);
        return statusOf(await answer);
      }),
    );
    const counted = (status: number): number => answers.filter((one) => one === status).length;
    expect(counted(503)).toBeGreaterThan(100);
    expect(counted(200) + counted(503) + counted(0)).toBe(1000);
    await expect.poll(async () => (await fetch(url)).status, { timeout: 5000 }).toBe(200);
  });

  it('have event streams, so many and no more', async () => {
    const { url } = await started({ maxStreams: 2, heartbeatMs: 40 });
    const open = (): Promise<Response> => fetch(`${url}events`, { headers: bearer });
    const [first, second] = [await open(), await open()];
    expect([first.status, second.status, (await open()).status]).toEqual([200, 200, 503]);
    expect(first.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await second.body?.cancel();
    await expect
      .poll(async () => (await fetch(`${url}events`, { method: 'HEAD', headers: bearer })).status)
      .toBe(200);
    streams[0]?.send('note', '{"a":1}', 7);
    await pause(100);
    streams[0]?.close();
    const text = await first.text();
    expect(text).toMatch(/^: events\n\n/);
    expect(text).toContain('id: 7\nevent: note\ndata: {"a":1}\n\n');
    expect(text).toContain('\n\n: \n\n');
  });

  it('are told events of any length', async () => {
    const { url } = await started({ maxStreamBytes: 1000 });
    const answer = await fetch(`${url}events`, { headers: bearer });
    const data = JSON.stringify('x'.repeat(8 << 20));
    streams[0]?.send('note', data);
    await expect.poll(() => streams[0]?.isOpen).toBe(true);
    streams[0]?.close();
    expect(await answer.text()).toBe(`: events\n\nevent: note\ndata: ${data}\n\n`);
  });

  it('who do not read are left', async () => {
    const server = await started({ maxStreamBytes: 200_000 });
    const reader = await rawConnection(server.port);
    reader.pause();
    reader.write(head(server, 'GET /events HTTP/1.1', `Authorization: Bearer ${TOKEN}`));
    await expect.poll(() => streams.length).toBe(1);
    const [stream] = streams;
    const data = JSON.stringify('x'.repeat(100_000));
    let sent = 0;
    for (; stream?.isOpen === true && sent < 1000; sent++) {
      stream.send('note', data);
      await pause(1);
    }
    expect(stream?.isOpen).toBe(false);
    expect(sent).toBeLessThan(200);
    reader.destroy();
  });
});
