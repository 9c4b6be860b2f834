// Compile time, matching and sorting: run by `npm run bench`, alone by `node bench/run.mjs compile`.
//
// Passes 1 and 2 are timed as the programs themselves report them, and as whole runs, which is what a user waits for;
// where SystemTap is installed it gets the same scripts.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const stap = join(dirname(fileURLToPath(import.meta.url)), '..', 'stap');
const reference = '/usr/bin/stap';
const execute = promisify(execFile);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ROUNDS = 7;
const CACHE_ROUNDS = 25;

const FORTY_FUNCTIONS = `probe begin {
  println(strlen("a"), substr("abc", 1, 1), stringat("a", 0), isinstr("a", "b"), strpos("a", "b"), isdigit("1"))
  println(str_replace("a", "b", "c"), strtol("1", 10), text_str("a"), text_strn("a", 1, 0), tokenize("a b", " "))
  println(gettimeofday_ns(), gettimeofday_us(), gettimeofday_ms(), gettimeofday_s(), jiffies(), HZ())
  println(ctime(0), msecs_to_string(1), usecs_to_string(1), nsecs_to_string(1), tz_name(), tz_gmtoff())
  println(pid(), tid(), ppid(), uid(), euid(), gid(), egid(), execname(), pexecname(), cpu(), target())
  println(randint(5), htons(1), ntohl(1), errno_str(1), signal_str(1), bytes_to_string(1), MAJOR(1), MINOR(1))
  println(indent(1), thread_indent(1), pp(), pn(), probe_type(), module_name())
  log("a") exit()
}
`;

/** A script of 5,000 lines: 500 functions of nine lines and a probe that calls them. */
function longScript() {
  const functions = Array.from({ length: 499 }, (_, index) =>
    [
      `function part${index}:long (value:long) {`,
      '  sum = 0',
      `  for (i = 0; i < value; i++) {`,
      `    if (i % ${index + 2} == 0) sum += i`,
      `    else counts[${index}, "part"] <<< i`,
      '    names[i] = sprintf("%d-%s", i, "name")',
      '  }',
      '  printf("%d\\n", sum)',
      '  return sum',
      '}',
    ].join('\n'),
  );
  const calls = functions.map((_, index) => `part${index}(1);`).join(' ');
  return `global counts, names\n${functions.join('\n')}\nprobe begin {\n${calls}\nexit()\n}\nprobe end {\nprintln(@count(counts[1, "part"]))\n}\n`;
}

/** Milliseconds until the program ended, and what it says itself (-v) of its first two passes. */
async function timesMs(command, words) {
  const started = process.hrtime.bigint();
  const { stderr } = await execute(command, words, {
    maxBuffer: 1 << 28,
    env: { ...process.env, SYSTEMTAP_NOSIGN: '1' },
  });
  const total = Number(process.hrtime.bigint() - started) / 1e6;
  const passes = [...stderr.matchAll(/^Pass [12]: .*sys\/(\d+)real ms/gm)].map((line) => Number(line[1]));
  return { total, passes: passes.reduce((sum, ms) => sum + ms, 0) };
}

/** Release of installed kernel headers, without which SystemTap does nothing. */
const release = existsSync('/lib/modules')
  ? readdirSync('/lib/modules').find((name) => existsSync(`/lib/modules/${name}/build`))
  : undefined;
const hasReference = release !== undefined && existsSync(reference);

async function measureCompiling(folder) {
  const scripts = {
    hello: 'probe begin { println("hello") exit() }\n',
    '40 functions': FORTY_FUNCTIONS,
    '5,000 lines': longScript(),
  };
  console.log(`\ncompiling (stap -v -p2), median of ${ROUNDS} rounds, ms: passes 1 and 2 | whole program`);
  if (!hasReference)
    console.log('  SystemTap or its kernel headers are not installed: nothing to compare with');
  for (const [name, text] of Object.entries(scripts)) {
    const script = join(folder, 'script.stp');
    writeFileSync(script, text);
    const own = [];
    const theirs = [];
    for (let round = 0; round < ROUNDS; round++) {
      own.push(await timesMs(stap, ['-v', '-p2', script]));
      if (hasReference) theirs.push(await timesMs(reference, ['-r', release, '-v', '-p2', script]));
    }
    console.log(
      `  ${name.padEnd(14)}${comparison('passes', own, theirs)} | ${comparison('total', own, theirs)}`,
    );
  }
}

function comparison(what, own, theirs) {
  const ours = median(own.map((times) => times[what]));
  if (theirs.length === 0) return ` stap-ts ${ours.toFixed(0)}`;
  const reference = median(theirs.map((times) => times[what]));
  return ` stap-ts ${ours.toFixed(0).padStart(4)}, SystemTap ${reference.toFixed(0).padStart(4)}: ${(reference / ours).toFixed(1)} x`;
}

/**
 * Whole runs without a script cache, with one that does not have the script, and with one that has it. `exit`: until the
 * program ended; `start`: until the script's first output, which is what a first run must not lose by filling the cache.
 */
async function measureCache(folder) {
  const scripts = {
    hello: 'probe begin { println("hello") exit() }\n',
    '40 functions': FORTY_FUNCTIONS,
    '5,000 lines': longScript(),
  };
  const data = join(folder, 'data');
  const run = (words, script) => startAndExitMs([...words, script], { ...process.env, SYSTEMTAP_DIR: data });
  console.log(`\nscript cache, median of ${CACHE_ROUNDS} interleaved rounds, ms: first output | end`);
  for (const [name, text] of Object.entries(scripts)) {
    const script = join(folder, 'script.stp');
    writeFileSync(script, text);
    const times = { off: [], cold: [], warm: [] };
    for (let round = 0; round < CACHE_ROUNDS; round++) {
      rmSync(data, { recursive: true, force: true });
      times.off.push(await run(['--disable-cache'], script));
      times.cold.push(await run([], script));
      times.warm.push(await run([], script));
    }
    const column = (what, part) => median(times[what].map((time) => time[part])).toFixed(1);
    const of = (part) =>
      `off ${column('off', part)}, cold ${column('cold', part)}, warm ${column('warm', part)}`;
    console.log(`  ${name.padEnd(14)} ${of('start')} | ${of('end')}`);
  }
}

/** Milliseconds until the first byte of output, and until the end, of the program itself, without its launcher. */
function startAndExitMs(words, env) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const now = () => Number(process.hrtime.bigint() - started) / 1e6;
    const child = spawn(process.execPath, [join(dirname(stap), 'dist/stap.cjs'), ...words], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let start;
    child.stdout.on('data', () => (start ??= now()));
    child.on('error', reject);
    child.on('close', () => resolve({ start: start ?? now(), end: now() }));
  });
}

/** Runs a script that prints `name microseconds count` lines about itself. */
async function measureRunning() {
  const script = `
global numbers[100000], hits
probe begin {
  began = gettimeofday_us()
  for (i = 0; i < 100000; i++)
    if (sprintf("GET /file%d.html HTTP/1.1", i) =~ "^(GET|POST) /([a-z]+)([0-9]+)[.]html") hits++
  printf("match %d %d\\n", gettimeofday_us() - began, hits)
  began = gettimeofday_us()
  for (i = 0; i < 100000; i++) length += strlen(sprintf("GET /file%d.html HTTP/1.1", i))
  printf("format %d %d\\n", gettimeofday_us() - began, length)
  for (i = 0; i < 100000; i++) numbers[i] = (i * 7919) % 100003
  began = gettimeofday_us()
  foreach (key in numbers+) n++
  printf("sort %d %d\\n", gettimeofday_us() - began, n)
  began = gettimeofday_us()
  foreach (key in numbers) m++
  printf("walk %d %d\\n", gettimeofday_us() - began, m)
  exit()
}`;
  const { stdout } = await execute(stap, ['-DMAXACTION=100000000', '-e', script]);
  const times = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]),
  );
  const perMatch = times.get('match') / 100_000;
  console.log('\nrunning script, 100,000 times or elements');
  console.log(
    `  sprintf and =~     ${perMatch.toFixed(2)} us each, ${(1 / perMatch).toFixed(2)} million/s, ${(times.get('match') / times.get('format')).toFixed(1)} x sprintf alone`,
  );
  console.log(
    `  sorted foreach     ${(times.get('sort') / 1000).toFixed(0)} ms, ${(times.get('sort') / times.get('walk')).toFixed(1)} x an unsorted one`,
  );
}

/** Prints all measurements of this file. */
export async function measureCompileAndLibrary() {
  if (!existsSync(stap)) return console.log('\nno ./stap here: compiling is not measured');
  const folder = mkdtempSync(join(tmpdir(), 'stap-compile-'));
  try {
    await timesMs(stap, ['-V']);
    await measureCompiling(folder);
    await measureCache(folder);
    await measureRunning();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
