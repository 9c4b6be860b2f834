// Time of a file's read and write while 200 scrapes a second and 100 event streams are served, beside the same script left
// alone: run by `npm run bench`, alone by `node bench/run.mjs companion`. Needs root and gcc.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const stap = join(here, '..', 'stap');
const client = join(here, 'bin', 'latency');
const execute = promisify(execFile);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const SCRAPES_PER_SECOND = 200;
const STREAMS = 100;
const LOAD_MS = 30_000;
/** Shares of the load time at which a round is measured; as many quiet rounds before and after. */
const ROUNDS = 6;
const SAMPLES = 2000;
const TOKEN = 'bench-token-of-the-companion';
const SCRIPT = `
global n, by_name, sizes
probe procfs("hello").umask(0).read { n++; $value = sprintf("Hello, I am file %d\\n", n) }
probe procfs("sink").umask(0).write { n += strlen($value); sizes <<< strlen($value) }
probe timer.ms(10) { by_name[sprintf("name %d", n % 100)]++ }
probe timer.ms(100) { printf("%d\\n", n) }
probe end { print(@hist_log(sizes)) }
`;

const residentMiB = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024;

/** Starts the script with a dashboard and metrics; resolves to where these are, and to the two processes. */
async function startScript(scratch) {
  const tokenFile = join(scratch, 'token');
  writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
  const root = join(scratch, 'root');
  const options = ['--procfs-root', root, '-m', 'bench', '-o', join(scratch, 'output')];
  const servers = ['--metrics=127.0.0.1:0', '--dashboard=127.0.0.1:0', `--token-file=${tokenFile}`];
  const child = spawn(stap, [...options, ...servers, '-e', SCRIPT], { stdio: ['ignore', 'inherit', 'pipe'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  const found = (pattern) => pattern.exec(said)?.[1];
  const directory = join(root, 'bench');
  for (let tries = 0; ; tries++) {
    const isServed = readFileSync('/proc/self/mountinfo', 'latin1').includes(` ${directory} `);
    const [metrics, dashboard] = [
      found(/metrics: http:\/\/(\S+?)\/metrics/),
      found(/dashboard: http:\/\/(\S+?)\//),
    ];
    if (isServed && metrics !== undefined && dashboard !== undefined) {
      const { stdout } = await execute('pgrep', ['-P', String(child.pid), '-f', 'stap-companion']);
      return { directory, metrics, dashboard, pid: child.pid, companion: Number(stdout), child, ended };
    }
    if (tries > 500 || child.exitCode !== null) throw new Error(`the script does not start: ${said}`);
    await sleep(20);
  }
}

/** Scrapes and streams until `stop`; counts what went wrong. */
function startLoad({ metrics, dashboard }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const begunMs = performance.now();
  const counts = { seconds: 0, scrapes: 0, events: 0, errors: 0, slowestMs: 0 };
  const fail = () => void counts.errors++;
  const scrape = () => {
    const begun = performance.now();
    get(`http://${metrics}/metrics`, { agent, headers }, (answer) => {
      if (answer.statusCode !== 200) fail();
      answer.resume().on('end', () => {
        counts.scrapes++;
        counts.slowestMs = Math.max(counts.slowestMs, performance.now() - begun);
      });
    }).on('error', fail);
  };
  let isOver = false;
  const streams = Array.from({ length: STREAMS }, () =>
    get(`http://${dashboard}/api/v1/events?module=bench`, { headers, agent: false }, (answer) => {
      if (answer.statusCode !== 200) fail();
      answer.on('data', () => counts.events++);
      answer.on('close', () => isOver || fail());
      answer.on('error', () => undefined);
    }).on('error', () => isOver || fail()),
  );
  const timer = setInterval(scrape, 1000 / SCRAPES_PER_SECOND);
  return {
    counts,
    async stop() {
      clearInterval(timer);
      counts.seconds = (performance.now() - begunMs) / 1000;
      await sleep(500);
      isOver = true;
      for (const stream of streams) stream.destroy();
      agent.destroy();
    },
  };
}

async function latency(directory) {
  const { stdout } = await execute(client, [directory, String(SAMPLES)]);
  return JSON.parse(stdout);
}

async function rounds(directory, pauseMs) {
  const results = [];
  for (let round = 0; round < ROUNDS; round++) {
    await sleep(pauseMs);
    results.push(await latency(directory));
  }
  return results;
}

/** Prints the times left alone and under load, their ratio, and the memory of both processes. */
export async function measureCompanion() {
  mkdirSync(join(here, 'bin'), { recursive: true });
  execFileSync('gcc', ['-O2', '-o', client, join(here, 'c', 'latency.c')]);
  const scratch = mkdtempSync(join(tmpdir(), 'stap-bench-companion-'));
  const script = await startScript(scratch);
  try {
    await latency(script.directory);
    const quiet = await rounds(script.directory, 200);
    const load = startLoad(script);
    await sleep(LOAD_MS / 10);
    const memory = [script.pid, script.companion].map((pid) => [residentMiB(pid)]);
    const loaded = await rounds(script.directory, (LOAD_MS * 0.9) / ROUNDS);
    [script.pid, script.companion].forEach((pid, index) => memory[index].push(residentMiB(pid)));
    await load.stop();
    quiet.push(...(await rounds(script.directory, 200)));
    const { seconds, scrapes, events, errors, slowestMs } = load.counts;
    console.log(
      `\n${SCRAPES_PER_SECOND} scrapes a second and ${STREAMS} event streams for ${seconds.toFixed(0)} s`,
    );
    console.log(
      `  served             ${scrapes} scrapes, ${events} events, ${errors} errors; slowest scrape ${slowestMs.toFixed(0)} ms`,
    );
    for (const operation of Object.keys(quiet[0])) {
      const [alone, busy] = [quiet, loaded].map(
        (list) => median(list.map((one) => one[operation].p50)) / 1000,
      );
      console.log(
        `  ${operation.padEnd(18)} ${alone.toFixed(1)} us alone, ${busy.toFixed(1)} us under load, p50: ${(busy / alone).toFixed(2)} x`,
      );
    }
    for (const [index, name] of ['script', 'companion'].entries())
      console.log(
        `  memory of ${name.padEnd(9)}${memory[index].map((mib) => `${mib.toFixed(1)} MiB`).join(', at the end ')}`,
      );
  } finally {
    script.child.kill('SIGINT');
    await script.ended;
    rmSync(scratch, { recursive: true, force: true });
  }
}
