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
const example = join(here, '..', 'examples', 'strace-like.stp');
const execute = promisify(execFile);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const elapsedMs = (started) => Number(process.hrtime.bigint() - started) / 1e6;
const ROUNDS = 5;
const START_ROUNDS = 9;
const FLOOD_MS = 1000;
const RATES = [25, 50, 75, 100, 150, 200, 300, 400, 500, 600, 800, 1000].map((thousands) => thousands * 1000);
const NEWLINE = 10;
const ZERO = 48;
const NINE = 57;
const PASS_ROUNDS = 3;
const READY = 'the probes are there';

/** Handlers that mean the same in both languages; `calls` is what the client does. */
const costs = (client) => [
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
    name: 'one system call by name, counted',
    calls: ['getppid', '200000'],
    stap: 'global n; probe syscall.getppid { n++ }',
    bpftrace: 'tracepoint:syscalls:sys_enter_getppid { @ = count(); }',
  },
  {
    name: 'system call, histogram',
    calls: ['getppid', '200000'],
    stap: 'global s; probe kernel.trace("sys_enter") { s <<< $id } probe end { if (@count(s)) print(@hist_log(s)) }',
    bpftrace: 'tracepoint:raw_syscalls:sys_enter { @ = hist(args->id); }',
  },
  {
    name: 'function of a program, counted',
    calls: ['function', '5000'],
    stap: `global n; probe process("${client}").function("probed") { n++ }`,
    bpftrace: `uprobe:${client}:probed { @ = count(); }`,
  },
  {
    name: 'return of a function, counted',
    calls: ['function', '5000'],
    stap: `global n; probe process("${client}").function("probed").return { n++ }`,
    bpftrace: `uretprobe:${client}:probed { @ = count(); }`,
  },
  {
    name: 'mark of a program, counted',
    calls: ['mark', '5000'],
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
      // bpftrace misses a signal that comes just before it waits.
      const again = kind === 'bpftrace' ? setInterval(() => child.kill('SIGINT'), 1000) : undefined;
      await ended;
      clearInterval(again);
    },
  };
}

async function callNs(client, words) {
  const { stdout } = await execute('taskset', ['-c', '1', client, ...words]);
  return Number(stdout);
}

async function measureCosts(client) {
  console.log(`\ncost added to a call: ns, median of ${ROUNDS} rounds`);
  for (const { name, calls, ...scripts } of costs(client)) {
    const bare = [];
    const added = { stap: [], bpftrace: [] };
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await callNs(client, calls));
      for (const kind of ['stap', 'bpftrace']) {
        const tracer = await startTracer(kind, scripts[kind]);
        added[kind].push((await callNs(client, calls)) - bare.at(-1));
        await tracer.stop();
      }
    }
    const [ours, theirs] = [median(added.stap), median(added.bpftrace)];
    const figures = `${ours.toFixed(0)}, bpftrace ${theirs.toFixed(0)}`;
    console.log(`  ${name.padEnd(34)} ${figures.padEnd(24)} ${(ours / theirs).toFixed(2)} x bpftrace`);
  }
}

/** Calls per second of a client that would make `perSecond`, and whether a tracer prints a line for each. */
async function flood(client, kind, perSecond) {
  const script = {
    stap: 'probe kernel.trace("sys_enter") { if (pid() == target()) printf("%d %d\\n", tid(), $id) }',
    bpftrace: 'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { printf("%d %d\\n", tid, args->id); }',
  }[kind];
  const work = ['/usr/bin/taskset', '-c', '1', client, 'getppid', '0', String(FLOOD_MS), String(perSecond)];
  const command = kind === 'stap' ? stap : 'bpftrace';
  const child = spawn(command, ['-e', script, '-c', work.join(' ')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let lines = 0;
  let isStart = true;
  let errors = '';
  child.stdout.on('data', (chunk) => {
    // bpftrace says other things on its output too.
    for (const byte of chunk) {
      if (isStart && byte >= ZERO && byte <= NINE) lines++;
      isStart = byte === NEWLINE;
    }
  });
  child.stderr.on('data', (chunk) => (errors += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  const calls = Number(/^(\d+)$/m.exec(errors)?.[1] ?? NaN);
  return { reached: (calls * 1000) / FLOOD_MS, isWhole: lines >= calls };
}

async function measureFlood(client) {
  console.log('\nlines per second without loss, one for each call of a process (two of three tries)');
  const best = {};
  for (const kind of ['bpftrace', 'stap']) {
    best[kind] = 0;
    for (const rate of RATES) {
      const tries = [];
      for (let round = 0; round < 3; round++) tries.push(await flood(client, kind, rate));
      const whole = tries.filter(({ isWhole }) => isWhole).map(({ reached }) => reached);
      if (whole.length < 2) break;
      best[kind] = Math.max(best[kind], median(whole));
      // Faster than this the tracer, or what else runs, does not let its client be.
      if (best[kind] < 0.5 * rate) break;
    }
    const ratio = (best[kind] / best.bpftrace).toFixed(2);
    console.log(`  ${kind.padEnd(9)} ${best[kind].toFixed(0).padStart(9)}   ${ratio} x bpftrace`);
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
  const other = 'probe kernel.trace("sys_enter") { println("y") exit() }';
  const results = {
    bpftrace: [],
    'stap, nothing cached': [],
    "stap, kernel's types cached": [],
    'stap, script cached': [],
  };
  for (let round = 0; round < START_ROUNDS; round++) {
    results.bpftrace.push(
      await firstEventMs(['bpftrace', '-e', 'tracepoint:raw_syscalls:sys_enter { printf("x\\n"); exit(); }']),
    );
    const cold = { ...process.env, SYSTEMTAP_DIR: join(scratch, String(round)) };
    results['stap, nothing cached'].push(await firstEventMs([stap, '-e', script], cold));
    results["stap, kernel's types cached"].push(await firstEventMs([stap, '-e', other], cold));
    results['stap, script cached'].push(await firstEventMs([stap, '-e', script], cold));
  }
  rmSync(scratch, { recursive: true, force: true });
  console.log(`\nfrom exec to the end at the first event: ms, median of ${START_ROUNDS} rounds`);
  const baseline = median(results.bpftrace);
  for (const [name, list] of Object.entries(results))
    console.log(
      `  ${name.padEnd(28)} ${median(list).toFixed(0).padStart(5)} ${(median(list) / baseline).toFixed(2)} x bpftrace`,
    );
}

/** Processor time of passes 2 and 3 for a probe at each system call and at each return. */
async function measurePasses() {
  const scratch = mkdtempSync(join(tmpdir(), 'stap-bench-passes-'));
  const results = { 'nothing cached': [], "kernel's types cached": [] };
  for (let round = 0; round < PASS_ROUNDS; round++) {
    const environment = { ...process.env, SYSTEMTAP_DIR: join(scratch, String(round)) };
    for (const list of Object.values(results)) {
      const words = ['-v', '-p4', '--disable-cache', example];
      const { stderr } = await execute(stap, words, { env: environment, cwd: scratch });
      list.push(Object.fromEntries([2, 3].map((pass) => [pass, passMs(stderr, pass)])));
    }
  }
  rmSync(scratch, { recursive: true, force: true });
  console.log(
    `\nprobes at all system calls and returns: ms of processor time, median of ${PASS_ROUNDS} rounds`,
  );
  for (const [name, list] of Object.entries(results)) {
    const [second, third] = [2, 3].map((pass) => median(list.map((one) => one[pass])).toFixed(0));
    console.log(`  ${name.padEnd(28)} pass 2 ${second.padStart(5)}   pass 3 ${third.padStart(5)}`);
  }
}

/** `Pass 2: … in 10usr/2sys/15real ms.` */
function passMs(text, pass) {
  const [, user, system] = new RegExp(`^Pass ${pass}: .* (\\d+)usr/(\\d+)sys`, 'm').exec(text) ?? [];
  return Number(user) + Number(system);
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
  // Not beside the sources: their path may have blanks, which the scripts and commands below do not quote.
  const scratch = mkdtempSync(join(tmpdir(), 'stap-bench-calls-'));
  const client = join(scratch, 'calls');
  execFileSync('gcc', [
    '-O2',
    '-fcf-protection',
    '-fno-omit-frame-pointer',
    '-mno-omit-leaf-frame-pointer',
    '-o',
    client,
    join(here, 'c', 'calls.c'),
  ]);
  try {
    await measurePasses();
    await measureStartToEvent();
    await measureFlood(client);
    await measureCosts(client);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
