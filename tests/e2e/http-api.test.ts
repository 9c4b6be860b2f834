import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { MAX_WATCHED_FILES } from '../../src/dashboard/api-routes.ts';
import { MAX_FILE_BYTES } from '../../src/dashboard/module-files.ts';
import {
  MAX_LINE_BYTES,
  MAX_REMEMBERED_LINES,
  MAX_REMEMBERED_UNITS,
} from '../../src/dashboard/output-memory.ts';
import { WEB_LIMITS } from '../../src/web/web-limits.ts';
import { plainEnvironment, repositoryRoot, runCommand } from '../harness/command.ts';
import { makeRoot, RunningStap, until } from './running-stap.ts';

// docs/http-api.md: its examples, its limits, and what only a real module shows.

const DOCUMENT = readFileSync(join(repositoryRoot, 'docs/http-api.md'), 'utf8');
const NAME = 'example';

const started: RunningStap[] = [];

afterEach(async () => {
  for (const stap of started.splice(0)) await stap.dispose();
});

interface Served {
  readonly stap: RunningStap;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly ask: (method: string, path: string, body?: string) => Promise<{ status: number; text: string }>;
}

/** The script of the document with a dashboard. */
async function serve(options: readonly string[] = []): Promise<Served> {
  const root = makeRoot();
  const script = join(dirname(root), 'example.stp');
  writeFileSync(script, blocks('stp')[0] ?? '');
  const words = ['--dashboard=127.0.0.1:0', '-m', NAME, ...options, script];
  const stap = new RunningStap({ root, options: words });
  started.push(stap);
  const line = /^dashboard: (http:\S+)\/#token=(\S+)$/m;
  await until('where it serves', () => line.test(stap.stderr()), 15_000);
  const [, url = '', token = ''] = line.exec(stap.stderr()) ?? [];
  const ask: Served['ask'] = async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const deadlineMs = performance.now() + 10_000;
  while ((await ask('GET', `/api/v1/modules/${NAME}`)).status !== 200)
    if (performance.now() > deadlineMs) throw new Error('the module is not served');
  return { stap, script, env: { URL: url, TOKEN: token, NAME }, ask };
}

function blocks(language: string): string[] {
  return [...DOCUMENT.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, kind, text = '']) =>
    kind === language ? [text] : [],
  );
}

test('the examples of the document work', async () => {
  const { env, ask, stap } = await serve();
  const examples = blocks('sh').filter((block) => !block.startsWith('URL='));
  expect(examples.length).toBeGreaterThan(4);
  for (const example of examples) {
    const result = await runCommand('/bin/bash', ['-ec', example], { env: plainEnvironment(env) });
    expect([example, result.status, result.stderr]).toEqual([example, 0, '']);
    expect(example.includes('-X P') || result.stdout !== '').toBe(true);
  }
  expect((await ask('GET', `/api/v1/modules/${NAME}/globals/limit_ms`)).text).toContain('"value":30');
  expect(stap.isOver).toBe(false);
});

test('its limits are those of the program', () => {
  const { maxBodyBytes, maxHeaderBytes, headersTimeoutMs, requestTimeoutMs, maxConnections } = WEB_LIMITS;
  const { keepAliveMs, idleMs, wrongTokenMs, maxWrongTokens, maxStreams, maxStreamBytes } = WEB_LIMITS;
  const rows = [
    `| body of a request | ${maxBodyBytes >> 20} MiB |`,
    `| first line and headers | ${maxHeaderBytes >> 10} KiB |`,
    `| ${headersTimeoutMs / 1000} s, ${requestTimeoutMs / 1000} s | 408 |`,
    `| connections | ${maxConnections} | 503 \`busy\`; from ${2 * maxConnections} on`,
    `| ${keepAliveMs / 1000} s, ${idleMs / 1000} s | closed |`,
    `each answer takes ${wrongTokenMs / 1000} s, ${maxWrongTokens} at a time`,
    `| event streams | ${maxStreams} |`,
    `| ${maxStreamBytes >> 20} MiB, or ${WEB_LIMITS.streamStallMs / 1000} s without reading |`,
    `| files of one stream | ${MAX_WATCHED_FILES} |`,
    `| file that is read | ${MAX_FILE_BYTES >> 20} MiB |`,
    `| ${MAX_REMEMBERED_LINES.toLocaleString('en')} lines, ${MAX_REMEMBERED_UNITS >> 20} Mi characters |`,
    `longer than ${MAX_LINE_BYTES} bytes are cut`,
  ];
  expect(rows.filter((row) => !DOCUMENT.includes(row))).toEqual([]);
});

test('a wrong script is refused with its diagnostics, and the old one goes on', async () => {
  const { ask, script, stap } = await serve();
  writeFileSync(script, 'probe begin { nothing( }\n');
  const wrong = await ask('POST', `/api/v1/modules/${NAME}/reload`);
  expect(wrong.status).toBe(422);
  const { diagnostics } = JSON.parse(wrong.text) as { diagnostics: object[] };
  expect(diagnostics[0]).toMatchObject({ severity: 'error', file: script, line: 1 });
  await stap.printed('hit 20\n');
  writeFileSync(script, 'global hits\nprobe timer.ms(50) { hits++; printf("now %d\\n", hits) }\n');
  const right = await ask('POST', `/api/v1/modules/${NAME}/reload`);
  expect([right.status, (JSON.parse(right.text) as { kept: string[] }).kept]).toEqual([200, ['hits']]);
  await stap.printed('now ');
});

test('files without FUSE are read and written too', async () => {
  const { ask, stap } = await serve(['--procfs=fifo']);
  const hits = await ask('GET', `/api/v1/modules/${NAME}/files/hits`);
  expect([hits.status, /^\d+\n$/.test(hits.text)]).toEqual([200, true]);
  expect((await ask('PUT', `/api/v1/modules/${NAME}/files/limit`, '77\n')).status).toBe(204);
  await expect
    .poll(async () => (await ask('GET', `/api/v1/modules/${NAME}/globals/limit_ms`)).text)
    .toContain('"value":77');
  expect(stap.isOver).toBe(false);
});

test('a module that is stopped holds up nothing but itself', async () => {
  const { ask, stap } = await serve();
  process.kill(stap.pid, 'SIGSTOP');
  try {
    // A state that was told just before still counts.
    await pause(200);
    const [state, file, info] = await Promise.all([
      ask('GET', `/api/v1/modules/${NAME}`),
      ask('GET', `/api/v1/modules/${NAME}/files/hits`),
      ask('GET', '/api/v1'),
    ]);
    expect([info.status, state.status, file.status]).toEqual([200, 504, 504]);
    expect((await ask('GET', '/healthz')).status).toBe(503);
  } finally {
    process.kill(stap.pid, 'SIGCONT');
  }
  await expect
    .poll(async () => (await ask('GET', `/api/v1/modules/${NAME}/files/hits`)).status, { timeout: 8000 })
    .toBe(200);
});
