// Time to the first answer, and handler speed: run by `npm run bench`, alone by `node bench/run.mjs start`.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const stap = join(dirname(fileURLToPath(import.meta.url)), '..', 'stap');
const reference = '/usr/bin/stap';
const execute = promisify(execFile);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ROUNDS = 15;
const REFERENCE_ROUNDS = 3;
const GIVE_UP_MS = 10_000;

const elapsedMs = (started) => Number(process.hrtime.bigint() - started) / 1e6;

async function commandMs(command, words, environment = process.env) {
  const started = process.hrtime.bigint();
  await execute(command, words, { env: { ...environment, SYSTEMTAP_NOSIGN: '1' } });
  return elapsedMs(started);
}

/** From the start of `stap` until its file has been read; the program is another process, so waiting in place is safe. */
async function firstReadMs(root, round) {
  const path = join(root, `start${round}`, 'hello');
  const started = process.hrtime.bigint();
  const words = ['--procfs-root', root, '-m', `start${round}`];
  const script = 'probe procfs("hello").read { $value = "hello\\n" }';
  const child = spawn(stap, [...words, '-e', script], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  while (!hasBeenRead(path)) {
    if (elapsedMs(started) > GIVE_UP_MS) throw new Error(`${path} did not come`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const took = elapsedMs(started);
  child.kill('SIGINT');
  await ended;
  return took;
}

function hasBeenRead(path) {
  try {
    return readFileSync(path, 'latin1') === 'hello\n';
  } catch {
    return false;
  }
}

async function measureFirstRead(root) {
  const bare = [];
  const first = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await commandMs(process.execPath, ['-e', '0']));
    first.push(await firstReadMs(root, round));
  }
  const ratio = (median(first) / median(bare)).toFixed(2);
  console.log(`\nfrom exec to the first successful read: ms, median of ${ROUNDS} rounds`);
  console.log(`  node -e 0                ${median(bare).toFixed(0)}`);
  console.log(`  stap, procfs file read   ${median(first).toFixed(0)}     ${ratio} x node -e 0`);
  const release = existsSync('/lib/modules')
    ? readdirSync('/lib/modules').find((name) => existsSync(`/lib/modules/${name}/build`))
    : undefined;
  if (release === undefined || !existsSync(reference)) return;
  const words = ['-r', release, '--runtime=bpf', '-p4', '-m', 'stap_bench', '-e', 'probe begin { exit() }'];
  const bpf = [];
  try {
    for (let round = 0; round < REFERENCE_ROUNDS; round++) bpf.push(await commandMs(reference, words));
  } catch (error) {
    console.log(`  SystemTap --runtime=bpf -p4 fails here: ${String(error.stderr).trim().split('\n')[0]}`);
    return;
  } finally {
    rmSync('stap_bench.bo', { force: true });
  }
  console.log(
    `  SystemTap --runtime=bpf -p4, compiling only   ${median(bpf).toFixed(0)}     ${(median(bpf) / median(first)).toFixed(1)} x as long`,
  );
}

/** From the start of a program to the first byte of its output; then it is ended by SIGINT. */
async function firstByteMs(program, words, environment) {
  const started = process.hrtime.bigint();
  const child = spawn(program, words, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => reject(new Error(`${program} ended without a word`)));
  });
  const took = elapsedMs(started);
  child.kill('SIGINT');
  await ended;
  return took;
}

/** A recorded module is attached to: nobody has read it yet, so the first byte is there already. */
async function attachMs(environment, round) {
  const name = `attach${round}`;
  const script = 'probe begin { println("recorded") } probe timer.s(100) { println("later") }';
  await execute(stap, ['-F', '-m', name, '-e', script], { env: environment, cwd: environment.HOME });
  return firstByteMs(`${stap}run`, ['-A', name], environment);
}

async function measureCommands(folder) {
  const environment = { ...process.env, HOME: folder, STAP_PROCFS_ROOT: join(folder, 'root') };
  delete environment.SYSTEMTAP_DIR;
  const hello = ['-e', 'probe begin { println("hello") exit() }'];
  const run = (program, words) => () => commandMs(program, words, environment);
  const rows = [
    ['node -e 0', run(process.execPath, ['-e', '0'])],
    ['stap -V', run(stap, ['-V'])],
    ['begin and exit, --disable-cache', run(stap, ['--disable-cache', ...hello])],
    ['begin and exit, cold cache', run(stap, ['--poison-cache', ...hello])],
    ['begin and exit, warm cache', run(stap, hello)],
    ['stap-lsmod', run(`${stap}-lsmod`, [])],
    ['staprun -A, to the first byte', (round) => attachMs(environment, round)],
  ].map(([name, measure]) => ({ name, measure, times: [] }));
  // Interleaved, so that a busy moment hits all of them.
  for (let round = 0; round < ROUNDS; round++)
    for (const { measure, times } of rows) times.push(await measure(round));
  console.log(`\nfrom exec to the end: ms, minimum and median of ${ROUNDS} rounds`);
  for (const { name, times } of rows)
    console.log(`  ${name.padEnd(33)} ${Math.min(...times).toFixed(0)} ${median(times).toFixed(0)}`);
}

const HANDLER_SCRIPT = `
global numbers[1024], total
function timed(name:string, began:long, count:long) { printf("%s %d %d\\n", name, gettimeofday_ns() - began, count) }
probe begin {
  for (round = 0; round < 2; round++) {
    began = gettimeofday_ns()
    for (i = 0; i < 2000000; i++) total += i & 7
    timed("integer_loop", began, 2000000)
    began = gettimeofday_ns()
    for (i = 0; i < 500000; i++) numbers[i & 1023]++
    timed("array_increment", began, 500000)
    began = gettimeofday_ns()
    for (i = 0; i < 200000; i++) { if (i % 50 == 0) text = ""; text .= sprintf("%d,", i) }
    timed("string_building", began, 200000)
    began = gettimeofday_ns()
    for (i = 0; i < 100; i++) foreach (key in numbers- limit 20) seen++
    timed("sorted_foreach_of_1024", began, 100)
  }
  println(total, seen, text != "")
  exit()
}`;

async function measureHandlers() {
  const { stdout } = await execute(stap, ['-DMAXACTION=1000000000', '-e', HANDLER_SCRIPT]);
  const best = new Map();
  for (const [, name, ns, count] of stdout.matchAll(/^(\w+) (\d+) (\d+)$/gm))
    best.set(name, Math.min(best.get(name) ?? Infinity, Number(ns) / Number(count)));
  console.log('\nhandlers: ns for each, better of two rounds in one run');
  for (const [name, ns] of best) console.log(`  ${name.padEnd(24)} ${ns.toFixed(ns < 100 ? 1 : 0)}`);
}

/** Prints all measurements of this file. */
export async function measureStart() {
  if (!existsSync(stap)) return console.log('\nno ./stap here: starting is not measured');
  const folder = mkdtempSync(join(tmpdir(), 'stap-start-'));
  try {
    await commandMs(stap, ['-V']);
    await measureFirstRead(join(folder, 'root'));
    await measureCommands(folder);
    await measureHandlers();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
