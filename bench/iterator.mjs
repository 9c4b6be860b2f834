// Time to read a counter file that an iterator of the kernel serves, beside /proc/version and the same file served by
// its handler: run by `npm run bench`, alone by `node bench/run.mjs kernel`. Needs root and gcc.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const stap = join(here, '..', 'stap');
const client = join(here, 'bin', 'whole');
const execute = promisify(execFile);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ROUNDS = 7;
const SAMPLES = 3000;
const SCRIPT =
  'global n probe kernel.trace("sched_process_exit") { n++ } probe procfs("count").read { $value = sprintf("count %d\\n", n) }';

/** Starts a script whose file is in the kernel or not, and waits for the file. */
async function serve(root, name, inKernel) {
  const options = ['--procfs-root', root, '-m', name, '-D', `STP_PROCFS_ITER=${inKernel ? 1 : 0}`];
  const child = spawn(stap, [...options, '-e', SCRIPT], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const path = join(root, name, 'count');
  const isThere = () => {
    const mounts = readFileSync('/proc/self/mountinfo', 'latin1');
    return mounts.includes(inKernel ? ` ${path} ` : ` ${dirname(path)} `);
  };
  while (!isThere()) {
    if (child.exitCode !== null) throw new Error('stap ended');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await execute('cat', [path]);
  return {
    path,
    async stop() {
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** Rounds are interleaved; what is told is the ratio of medians. */
export async function measureIteratorFiles() {
  mkdirSync(join(here, 'bin'), { recursive: true });
  execFileSync('gcc', ['-O2', '-o', client, join(here, 'c', 'whole.c')]);
  const root = mkdtempSync(join(tmpdir(), 'stap-bench-iterator-'));
  const servers = [await serve(root, 'kernel_file', true), await serve(root, 'handler_file', false)];
  const paths = {
    '/proc/version': '/proc/version',
    'file of an iterator': servers[0].path,
    'file of a handler': servers[1].path,
  };
  const times = Object.fromEntries(Object.keys(paths).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, path] of Object.entries(paths)) {
      const { stdout } = await execute(client, [path, String(SAMPLES)]);
      times[name].push(Number(stdout));
    }
  }
  for (const server of servers) await server.stop();
  rmSync(root, { recursive: true, force: true });
  const baseline = median(times['/proc/version']);
  console.log(`\nopen, read to the end, close: us, median of ${ROUNDS} rounds of ${SAMPLES}`);
  for (const [name, list] of Object.entries(times)) {
    const ratio = (median(list) / baseline).toFixed(2);
    console.log(
      `  ${name.padEnd(22)} ${(median(list) / 1000).toFixed(2).padStart(7)} ${ratio} x /proc/version`,
    );
  }
}
