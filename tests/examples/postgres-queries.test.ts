import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { repositoryRoot } from '../harness/command.ts';
import { makeRoot, RunningStap } from '../e2e/running-stap.ts';
import { hasPostgres, PostgresServer } from './postgres-server.ts';

const CLIENTS = 3;
const EACH = 200;
const SCRIPT = join(repositoryRoot, 'examples/postgres-queries.stp');

/** Numbers of a line of `name value` pairs. */
function numbers(line: string): Readonly<Record<string, number>> {
  const words = line.trim().split(' ');
  const pairs = words.flatMap((word, index) => (index % 2 === 0 ? [[word, Number(words[index + 1])]] : []));
  return Object.fromEntries(pairs) as Record<string, number>;
}

/** What the server itself counted: statements are its transactions but for one that each session begins with. */
async function ownCounts(server: PostgresServer): Promise<{ commits: number; sessions: number }> {
  // A session reports its counters when it ends, at the latest.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [row = ''] = await server.query(
    "select xact_commit, sessions from pg_stat_database where datname = 'postgres'",
  );
  const [commits = NaN, sessions = NaN] = row.split('|').map(Number);
  return { commits, sessions };
}

describe.runIf(hasEbpf() && hasPostgres())('queries of a PostgreSQL server in the kernel', () => {
  let server: PostgresServer;
  let stap: RunningStap;

  beforeAll(async () => {
    server = await PostgresServer.start();
    stap = new RunningStap({
      root: makeRoot(),
      options: ['-m', 'pg', SCRIPT],
      scriptArguments: [server.program],
    });
    await stap.ready();
  }, 60_000);
  afterAll(async () => {
    await stap.dispose();
    await server.dispose();
  });

  const statements = async (): Promise<number> => numbers(await stap.out('cat summary'))['statements'] ?? NaN;

  test('counts of a workload are those of pgbench and of the server', async () => {
    const select = join(dirname(stap.root), 'select.sql');
    writeFileSync(select, 'SELECT 4711 AS wanted;\n');
    const before = await ownCounts(server);
    const seenBefore = await statements();
    const { transactions } = await server.pgbench(['-f', select, '-c', String(CLIENTS), '-t', String(EACH)]);
    expect(transactions).toBe(CLIENTS * EACH);
    const after = await ownCounts(server);
    // The statement that asked is counted by itself here, and by the server at the next time.
    const counted = after.commits - before.commits - (after.sessions - before.sessions);
    const seen = (await statements()) - seenBefore;
    expect(seen).toBe(counted);
    const row = (await stap.out('cat slow'))
      .split('\n')
      .find((line) => line.endsWith('SELECT 4711 AS wanted;'));
    expect(row).toMatch(new RegExp(String.raw`^ +\d+ us +${transactions} times  `));
  });

  test('the histogram holds every statement', async () => {
    const text = await stap.out('cat latency');
    const total = text
      .split('\n')
      .map((line) => Number(/us +(\d+) @*$/.exec(line)?.[1] ?? 0))
      .reduce((sum, count) => sum + count, 0);
    expect(total).toBe(await statements());
  });

  test('the threshold is turned while the script runs', async () => {
    await stap.out('echo > reset; echo 50 > threshold_ms');
    expect(await stap.out('cat threshold_ms')).toBe('50\n');
    await server.query('SELECT 1 AS quick');
    await server.query('SELECT pg_sleep(0.1) AS slow');
    const slow = (await stap.out('cat slow')).trim().split('\n');
    expect(slow).toHaveLength(1);
    expect(slow[0]).toMatch(/ 1 times {2}SELECT pg_sleep\(0\.1\) AS slow$/);
    const [elapsedUs = 0] = /\d+/.exec(slow[0] ?? '') ?? [];
    expect(Number(elapsedUs)).toBeGreaterThanOrEqual(100_000);
    expect(await statements()).toBe(2);
  });

  test('what is no number of milliseconds is refused', async () => {
    await stap.out('echo -5 > threshold_ms');
    await stap.printed('threshold_ms: -5 is not a number of milliseconds');
    expect(await stap.out('cat threshold_ms')).toBe('50\n');
  });
});
