// Measures the file server and the program against baselines, all in one run: `npm run bench [-- files|program|start|compile|kernel|companion]`.
//
// Every number that matters is a ratio to a baseline measured in the same run, rounds interleaved, because absolute
// times depend on the machine and its load. Needs root, /dev/fuse, gcc and libfuse3-dev.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { measureCompanion } from './companion.mjs';
import { measureCompileAndLibrary } from './compile.mjs';
import { measureKernelProbes } from './kernel.mjs';
import { measureStart } from './start.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const bin = join(here, 'bin');
const scratch = mkdtempSync(join(tmpdir(), 'stap-bench-'));
const execute = promisify(execFile);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const ROUNDS = 5;
const SAMPLES = 4000;
const READER_MS = 700;

async function buildAll() {
  mkdirSync(bin, { recursive: true });
  const compile = (name, ...flags) =>
    execFileSync('gcc', ['-O2', '-o', join(bin, name), join(here, 'c', `${name}.c`), ...flags], {
      stdio: 'inherit',
    });
  for (const name of ['raw_fuse', 'latency', 'readers']) compile(name);
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8' });
  compile('libfuse_files', ...flags.trim().split(/\s+/));
  await build({
    entryPoints: [join(here, 'serve-files.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
    outfile: join(bin, 'serve-files.mjs'),
    logLevel: 'error',
  });
}

/** Starts a server and waits until its file can be opened, by other programs than this one. */
async function startServer(name) {
  const path = name === 'stap-ts' ? join(scratch, 'root', 'files') : join(scratch, name);
  if (name !== 'stap-ts') mkdirSync(path);
  const command = {
    'raw C': [join(bin, 'raw_fuse'), path],
    libfuse: [join(bin, 'libfuse_files'), '-f', '-s', '-o', 'allow_other,default_permissions', path],
    'stap-ts': [process.execPath, join(bin, 'serve-files.mjs'), join(scratch, 'root'), 'files'],
  }[name];
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] });
  for (let tries = 0; ; tries++) {
    const found = await execute('cat', [join(path, 'hello')]).then(
      () => true,
      () => false,
    );
    if (found) return { name, path, pid: child.pid, child };
    if (tries > 100) throw new Error(`${name} does not serve its files`);
    await sleep(50);
  }
}

async function stopServer(server) {
  const ended = new Promise((resolve) => server.child.once('exit', resolve));
  server.child.kill('SIGTERM');
  await ended;
}

const pin = (server, cpus) => execFileSync('taskset', ['-a', '-p', '-c', cpus, String(server.pid)]);

async function measureLatency(servers, pinned) {
  const operations = ['open+read+close', 'pread', 'open+write+close'];
  const results = new Map(servers.map((server) => [server.name, []]));
  for (const server of servers) pin(server, pinned ? '0' : `0-${cpuCount() - 1}`);
  for (let round = 0; round < ROUNDS; round++) {
    for (const server of servers) {
      const client = [join(bin, 'latency'), server.path, String(SAMPLES)];
      const command = pinned ? ['taskset', '-c', '0', ...client] : client;
      const { stdout } = await execute(command[0], command.slice(1));
      results.get(server.name).push(JSON.parse(stdout));
    }
  }
  console.log(
    `\nlatency, ${pinned ? 'client and server on one CPU' : 'not pinned'}: us, p50 (p90), median of ${ROUNDS} rounds`,
  );
  for (const operation of operations) {
    const baseline = median(results.get('raw C').map((one) => one[operation].p50));
    for (const [name, list] of results) {
      const p50 = median(list.map((one) => one[operation].p50));
      const p90 = median(list.map((one) => one[operation].p90));
      const figures = `${(p50 / 1000).toFixed(1)} (${(p90 / 1000).toFixed(1)})`;
      console.log(
        `  ${operation.padEnd(18)} ${name.padEnd(8)} ${figures.padEnd(15)} ${(p50 / baseline).toFixed(2)} x raw C`,
      );
    }
  }
}

async function measureThroughput(servers) {
  console.log(`\nthroughput: open+read+close per second, median of ${ROUNDS} rounds`);
  for (const readers of [1, 4, 32]) {
    const results = new Map(servers.map((server) => [server.name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of servers) {
        const { stdout } = await execute(join(bin, 'readers'), [
          join(server.path, 'hello'),
          String(readers),
          String(READER_MS),
        ]);
        results.get(server.name).push(Number(stdout));
      }
    }
    const baseline = median(results.get('raw C'));
    for (const [name, list] of results) {
      const value = median(list);
      console.log(
        `  ${String(readers).padStart(2)} readers  ${name.padEnd(8)} ${String(value).padEnd(8)} ${(value / baseline).toFixed(2)} x raw C`,
      );
    }
  }
}

const cpuCount = () =>
  readFileSync('/proc/cpuinfo', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('processor')).length;

async function measureFiles() {
  const servers = [];
  try {
    for (const name of ['raw C', 'libfuse', 'stap-ts']) servers.push(await startServer(name));
    await measureLatency(servers, true);
    await measureLatency(servers, false);
    await measureThroughput(servers);
  } finally {
    for (const server of servers) await stopServer(server);
  }
}

/** Processor time of a process, user and system, in ticks of 10 ms. */
function cpuTicks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const residentMiB = (pid) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024);

/** Runs a command and resolves to the milliseconds until it ended. */
async function elapsedMs(command, rest) {
  const started = process.hrtime.bigint();
  await execute(command, rest, { cwd: scratch });
  return Number(process.hrtime.bigint() - started) / 1e6;
}

async function measureProgram() {
  const stap = join(here, '..', 'stap');
  if (!existsSync(stap)) return console.log('\nno ./stap here: the program is not measured');
  const script = join(scratch, 'bench.stp');
  writeFileSync(
    script,
    'global n = 0\nprobe procfs("hello").umask(0).read { n++; $value = sprintf("Hello, I am file %d\\n", n) }\nprobe procfs("sink").umask(0).write { n += strlen($value) }\n',
  );
  await elapsedMs(stap, ['-V']);
  const start = { node: [], 'stap -V': [], 'begin { exit() }': [] };
  for (let round = 0; round < 11; round++) {
    start.node.push(await elapsedMs(process.execPath, ['-e', '0']));
    start['stap -V'].push(await elapsedMs(stap, ['-V']));
    start['begin { exit() }'].push(await elapsedMs(stap, ['-e', 'probe begin { exit() }']));
  }
  console.log('\nstart: ms until it ended, median of 11 rounds');
  for (const [name, list] of Object.entries(start)) {
    console.log(
      `  ${name.padEnd(18)} ${median(list).toFixed(0).padEnd(6)} ${(median(list) / median(start.node)).toFixed(2)} x node -e 0`,
    );
  }
  const root = join(scratch, 'stap-root');
  const child = spawn(stap, ['-m', 'stap_bench', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, STAP_PROCFS_ROOT: root },
  });
  const path = join(root, 'stap_bench');
  try {
    for (let tries = 0; ; tries++) {
      if (
        await execute('cat', [join(path, 'hello')]).then(
          () => true,
          () => false,
        )
      )
        break;
      if (tries > 100) throw new Error('stap serves no files');
      await sleep(50);
    }
    await measureRunning(serverOf(child.pid), path);
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await ended;
  }
}

/** The process that serves: the launcher may have started it as a child. */
function serverOf(pid) {
  const source = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((line) => line.includes(`${scratch}/stap-root/`));
  return Number(/stap:(\d+):/.exec(source ?? '')?.[1] ?? pid);
}

async function measureRunning(pid, path) {
  const after = residentMiB(pid);
  const ticks = cpuTicks(pid);
  await sleep(10_000);
  const idle = cpuTicks(pid) - ticks;
  // 100,000 operations of three kinds; the samples are not shown here.
  const { stdout } = await execute(join(bin, 'latency'), [path, '30300']);
  const result = JSON.parse(stdout);
  console.log('\nrunning script');
  console.log(`  idle               ${idle * 10} ms of processor time in 10 s`);
  console.log(
    `  memory             ${after} MiB after start, ${residentMiB(pid)} MiB after 100,000 reads and writes`,
  );
  for (const [operation, { p50 }] of Object.entries(result))
    console.log(`  ${operation.padEnd(18)} ${(p50 / 1000).toFixed(1)} us, p50`);
}

const wanted = process.argv.slice(2);
const isWanted = (part) => wanted.length === 0 || wanted.includes(part);
try {
  if (isWanted('files') || isWanted('program')) await buildAll();
  if (isWanted('files')) await measureFiles();
  if (isWanted('program')) await measureProgram();
  if (isWanted('start')) await measureStart();
  if (isWanted('compile')) await measureCompileAndLibrary();
  if (isWanted('kernel')) await measureKernelProbes();
  if (isWanted('companion')) await measureCompanion();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
