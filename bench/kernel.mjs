// Cost of kernel and process probes beside bpftrace's: run by `npm run bench`, alone by `node bench/run.mjs kernel`.
// Needs root, gcc and bpftrace. Client and tracer run on different processors.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { measureIteratorFiles } from './iterator.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const stap = join(here, '..', 'stap');
const client = join(here, 'bin', 'calls');
const execute = promisify(execFile);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const elapsedMs = (started) => Number(process.hrtime.bigint() - started) / 1e6;
const ROUNDS = 5;
const START_ROUNDS = 9;
const FLOOD_MS = 1000;
const RATES = [25, 50, 75, 100, 150, 200, 300, 400, 500, 600, 800, 1000].map((thousands) => thousands * 1000);
const NEWLINE = 10;
const READY = 'the probes are there';

/** Handlers that mean the same in both languages; `calls` is what the client does. */
const COSTS = [
  {
    name: 'system call, empty handler',
    calls: ['getppid', '200000'],
    stap: 'probe kernel.trace("sys_enter") { }',
    bpftrace: 'tracepoint:raw_syscalls:sys_enter { 1 }',
  },
  {
    name: 'system call, counted',
    calls: ['getppid', '200000'],
    stap: 'global n; probe kernel.trace("sys_enter") { n++ }',
    bpftrace: 'tracepoint:raw_syscalls:sys_enter { @ = count(); }',
  },
  {
    name: 'system call, counted by process',
    calls: ['getppid', '200000'],
    stap: 'global n; probe kernel.trace("sys_enter") { n[pid()]++ }',
    bpftrace: 'tracepoint:raw_syscalls:sys_enter { @[pid] = count(); }',
  },
  {
    name: 'system call, histogram',
    calls: ['getppid', '200000'],
    stap: 'global s; probe kernel.trace("sys_enter") { s <<< $id } probe end { if (@count(s)) print(@hist_log(s)) }',
    bpftrace: 'tracepoint:raw_syscalls:sys_enter { @ = hist(args->id); }',
  },
  {
    name: 'function of a program, counted',
    calls: ['function', '100000'],
    stap: `global n; probe process("${client}").function("probed") { n++ }`,
    bpftrace: `uprobe:${client}:probed { @ = count(); }`,
  },
  {
    name: 'return of a function, counted',
    calls: ['function', '50000'],
    stap: `global n; probe process("${client}").function("probed").return { n++ }`,
    bpftrace: `uretprobe:${client}:probed { @ = count(); }`,
  },
  {
    name: 'mark of a program, counted',
    calls: ['mark', '100000'],
    stap: `global n; probe process("${client}").mark("hit") { n++ }`,
    bpftrace: `usdt:${client}:bench:hit { @ = count(); }`,
  },
];

/** Starts a tracer and waits until its probes are attached: both say so from a timer, which begins behind them. */
async function startTracer(kind, script) {
  const words = {
    stap: [stap, '-e', `${script} probe timer.ms(100) { if (!told++) println("${READY}") } global told`],
    bpftrace: [
      'bpftrace',
      '-e',
      `${script} interval:ms:100 { if (@told == 0) { printf("${READY}\\n"); @told = 1; } }`,
    ],
  }[kind];
  const child = spawn('taskset', ['-c', '0', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk) => (text += chunk));
  const ended = new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes(READY)) resolve();
    });
    void ended.then(() => reject(new Error(`${kind} ended: ${text}`)));
  });
  return {
    async stop() {
      child.kill('SIGINT');
      await ended;
    },
  };
}

async function callNs(words) {
  const { stdout } = await execute('taskset', ['-c', '1', client, ...words]);
  return Number(stdout);
}

async function measureCosts() {
  console.log(`\ncost added to a call: ns, median of ${ROUNDS} rounds`);
  for (const { name, calls, ...scripts } of COSTS) {
    const bare = [];
    const added = { stap: [], bpftrace: [] };
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await callNs(calls));
      for (const kind of ['stap', 'bpftrace']) {
        const tracer = await startTracer(kind, scripts[kind]);
        added[kind].push((await callNs(calls)) - bare.at(-1));
        await tracer.stop();
      }
    }
    const [ours, theirs] = [median(added.stap), median(added.bpftrace)];
    const figures = `${ours.toFixed(0)}, bpftrace ${theirs.toFixed(0)}`;
    console.log(`  ${name.padEnd(34)} ${figures.padEnd(24)} ${(ours / theirs).toFixed(2)} x bpftrace`);
  }
}

/** Whether a tracer prints a line for every call of a client that makes `perSecond` of them. */
async function printsAll(kind, perSecond) {
  const script = {
    stap: 'probe kernel.trace("sys_enter") { if (pid() == target()) printf("%d %d\n", tid(), $id) }',
    bpftrace: 'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { printf("%d %d\n", tid, args->id); }',
  }[kind];
  const work = ['/usr/bin/taskset', '-c', '1', client, 'getppid', '0', String(FLOOD_MS), String(perSecond)];
  const command = kind === 'stap' ? stap : 'bpftrace';
  const child = spawn(command, ['-e', script, '-c', work.join(' ')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let lines = 0;
  let errors = '';
  child.stdout.on('data', (chunk) => {
    for (const byte of chunk) if (byte === NEWLINE) lines++;
  });
  child.stderr.on('data', (chunk) => (errors += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  const calls = Number(/^(\d+)$/m.exec(errors)?.[1] ?? NaN);
  // A tracer that slows its client down so much that the rate is not reached does not pass either.
  return lines >= calls && calls > (0.9 * perSecond * FLOOD_MS) / 1000;
}

async function measureFlood() {
  console.log('\nlines per second without loss, one for each call of a process (two of three tries)');
  const best = {};
  for (const kind of ['bpftrace', 'stap']) {
    best[kind] = 0;
    for (const rate of RATES) {
      const tries = [];
      for (let round = 0; round < 3; round++) tries.push(await printsAll(kind, rate));
      if (tries.filter(Boolean).length < 2) break;
      best[kind] = rate;
    }
    const ratio = (best[kind] / best.bpftrace).toFixed(2);
    console.log(`  ${kind.padEnd(9)} ${String(best[kind]).padStart(9)}   ${ratio} x bpftrace`);
  }
}

/** From exec to the end of a script that ends at its first event. */
async function firstEventMs(words, environment = process.env) {
  const started = process.hrtime.bigint();
  await execute(words[0], words.slice(1), { env: environment });
  return elapsedMs(started);
}

async function measureStartToEvent() {
  const scratch = mkdtempSync(join(tmpdir(), 'stap-bench-kernel-'));
  const script = 'probe kernel.trace("sys_enter") { println("x") exit() }';
  const results = { bpftrace: [], 'stap, nothing cached': [], 'stap, script cached': [] };
  for (let round = 0; round < START_ROUNDS; round++) {
    results.bpftrace.push(
      await firstEventMs(['bpftrace', '-e', 'tracepoint:raw_syscalls:sys_enter { printf("x\\n"); exit(); }']),
    );
    const cold = { ...process.env, SYSTEMTAP_DIR: join(scratch, String(round)) };
    results['stap, nothing cached'].push(await firstEventMs([stap, '-e', script], cold));
    results['stap, script cached'].push(await firstEventMs([stap, '-e', script], cold));
  }
  rmSync(scratch, { recursive: true, force: true });
  console.log(`\nfrom exec to the end at the first event: ms, median of ${START_ROUNDS} rounds`);
  const baseline = median(results.bpftrace);
  for (const [name, list] of Object.entries(results))
    console.log(
      `  ${name.padEnd(22)} ${median(list).toFixed(0).padStart(5)} ${(median(list) / baseline).toFixed(2)} x bpftrace`,
    );
}

/** Compiles the client, and compares with bpftrace; says so where that is missing. */
export async function measureKernelProbes() {
  await measureIteratorFiles();
  try {
    execFileSync('bpftrace', ['--version'], { stdio: 'ignore' });
  } catch {
    console.log('\nkernel probes: not measured, bpftrace is not installed');
    return;
  }
  execFileSync('gcc', [
    '-O2',
    '-fcf-protection',
    '-fno-omit-frame-pointer',
    '-o',
    client,
    join(here, 'c', 'calls.c'),
  ]);
  await measureStartToEvent();
  await measureFlood();
  await measureCosts();
}
