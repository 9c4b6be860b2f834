import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { removeScratchFolder } from '../../tests/harness/scratch-folder.ts';
import { servedMounts } from '../fuse/mount-table.ts';
import { sweepRoot } from './module-directory.ts';

const execute = promisify(execFile);
const MODULES = join(import.meta.dirname, '../../node_modules');

/** Loops of readers and writers; prints what was acknowledged, errors, and the longest operation. */
const CLIENT = `
import os, sys, threading, time, json
path, seconds = sys.argv[1], float(sys.argv[2])
end = time.monotonic() + seconds
acknowledged, errors, longest, opens = [], [], [0.0], [0]
def timed(action):
    began = time.monotonic()
    try: action()
    except Exception as error: errors.append(repr(error))
    longest[0] = max(longest[0], time.monotonic() - began)
def write(writer):
    count = 0
    while time.monotonic() < end:
        text = f'w{writer} {count}\\n'
        def once():
            fd = os.open(path + '/sink', os.O_WRONLY)
            try:
                if os.write(fd, text.encode()) == len(text): acknowledged.append(text)
            finally: os.close(fd)
        timed(once)
        count += 1
        time.sleep(0.001)
def read(name):
    while time.monotonic() < end:
        def once():
            with open(path + '/' + name, 'rb', buffering=0) as file:
                data = b''
                while True:
                    piece = file.read(100000)
                    if not piece: break
                    data += piece
            opens[0] += 1
            lines = data.decode().splitlines()
            if name == 'small':
                if len(lines) != 1 or not lines[0].startswith('small '): errors.append(data[:50].decode())
            else:
                start = lines[0].removesuffix(' line 0')
                if lines != [f'{start} line {n}' for n in range(40000)]: errors.append('wrong content')
        timed(once)
        time.sleep(0.3 if name == 'big' else 0.001)
threads = [threading.Thread(target=write, args=(n,)) for n in range(24)]
threads += [threading.Thread(target=read, args=('small',)) for n in range(24)]
threads += [threading.Thread(target=read, args=('big',)) for n in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps({'acknowledged': acknowledged, 'errors': errors[:5], 'longest': longest[0], 'opens': opens[0]}))
`;

describe('a directory that goes from one process to another', () => {
  let scratch = '';
  let script = '';
  let server: Server;
  beforeAll(async () => {
    scratch = realpathSync(mkdtempSync(join(tmpdir(), 'stap-handover-')));
    script = join(scratch, 'server.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'testing/handover-server.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      alias: { koffi: join(MODULES, 'koffi/index.js') },
      external: [join(MODULES, 'koffi/index.js')],
      outfile: script,
    });
  });
  beforeEach(async () => {
    server = new Server(script, join(scratch, 'root'));
    expect(await server.line()).toBe(`serving ${server.path}`);
  });
  afterEach(() => server.end());
  // Never into a mount that a failed test left: this process would wait for itself.
  afterAll(() => removeScratchFolder(scratch));

  const shell = async (text: string): Promise<string> =>
    (await execute('bash', ['-c', `cd ${server.path} && ${text}`], { maxBuffer: 1 << 24 })).stdout;

  it('loses nothing under load', async () => {
    const client = execute('python3', ['-c', CLIENT, server.path, '4'], { maxBuffer: 1 << 26 });
    for (let round = 0; round < 3; round++) {
      await pause(800);
      await server.handOver();
    }
    const told = JSON.parse((await client).stdout) as {
      acknowledged: string[];
      errors: string[];
      longest: number;
      opens: number;
    };
    expect(told.errors).toEqual([]);
    // Against hanging: how long it takes is measured elsewhere.
    expect(told.longest).toBeLessThan(5);
    expect(told.opens).toBeGreaterThan(10);
    const report = await server.report();
    expect(report.received.length).toBeGreaterThan(10);
    expect(report.received.toSorted()).toEqual(told.acknowledged.toSorted());
    expect(report.open).toBe(0);
  }, 20_000);

  it('serves who is in the middle of a file the rest of it, however he reads', async () => {
    const direct = server.client('exec 5<big; head -c 100000 <&5; read -r go; cat <&5');
    const python = `
import os, sys, mmap
file = os.open('sub/pages', os.O_RDONLY)
sent = os.sendfile(1, file, 0, 50000)
sys.stdin.readline()
while True:
    more = os.sendfile(1, file, sent, 100000)
    if more == 0: break
    sent += more
`;
    const pages = server.client(`exec python3 -c "$0"`, python);
    const tail = server.client('exec tail -n 2 -f big');
    const unread = server.client('exec 5<small 6>sink; echo ready; read -r go; cat <&5; echo late >&6');
    await expect.poll(() => [direct, pages, tail, unread].filter(({ text }) => text === '').length).toBe(0);
    expect((await server.report()).open).toBe(5);
    await server.handOver();
    await pause(1200); // tail looks once a second
    for (const client of [direct, pages, unread]) client.go();
    for (const client of [direct, pages, unread]) expect(await client.ended).toBe(0);
    for (const { text } of [direct, pages]) {
      const name = text.slice(0, text.indexOf(' line'));
      expect(text).toBe(Array.from({ length: 40_000 }, (_, line) => `${name} line ${line}\n`).join(''));
    }
    expect(tail.text).toMatch(/^open \d+ line 39998\nopen \d+ line 39999\n$/);
    expect(tail.errors).toBe('');
    tail.kill();
    expect(unread.text).toMatch(/^ready\nsmall \d+\n$/);
    expect((await server.report()).received).toEqual(['late\n']);
    await expect.poll(async () => (await server.report()).open).toBe(0);
    expect(await shell('stat -c %s big; busybox cat small | wc -l; wc -c < big')).toMatch(/^0\n1\n\d{6,}\n$/);
  }, 20_000);

  it('takes along page-cache readers that overlap', async () => {
    const python = `
import os, sys, time
end, errors, count = time.monotonic() + 4, [], 0
for _ in range(3):
    if os.fork() == 0: break
while time.monotonic() < end:
    file, copy = os.open('big', os.O_RDONLY), os.memfd_create('copy')
    while os.sendfile(copy, file, None, 200000): time.sleep(0.01)
    lines = os.pread(copy, 1 << 24, 0).decode().splitlines()
    os.close(file), os.close(copy)
    start = lines[0].removesuffix(' line 0')
    if lines != [f'{start} line {n}' for n in range(40000)]: errors.append(start)
    count += 1
os.write(1, f'{len(errors)} errors, {"some" if count > 1 else "no"} files\\n'.encode())
`;
    const client = server.client(`python3 -c "$0"; sleep 0.5`, python);
    for (let round = 0; round < 3; round++) {
      await pause(800);
      await server.handOver();
    }
    expect(await client.ended).toBe(0);
    expect(client.text + client.errors).toBe('0 errors, some files\n'.repeat(4));
    await expect.poll(async () => (await server.report()).open).toBe(0);
  }, 20_000);

  it('takes along what waits for the gate, in order, and modes that were changed', async () => {
    await shell('chmod 640 small && chown 0:12 sink');
    await server.command('close');
    const writers = ['one', 'two', 'three'].map(async (word, index) => {
      await pause(index * 300);
      // Each its own file: the kernel itself holds back a second one that truncates the same.
      return shell(`echo ${word} > sinks/${word}`);
    });
    const reader = shell('cat small');
    const other = execute('cat', [join(server.path, 'big')], { maxBuffer: 1 << 24 });
    await pause(1000);
    await server.handOver();
    await Promise.all(writers);
    expect(await reader).toMatch(/^small \d+\n$/);
    expect(await other).toMatchObject({ stderr: '' });
    expect((await server.report()).received).toEqual(['one\n', 'two\n', 'three\n']);
    expect(await shell('stat -c "%a %g" small sink')).toBe('640 0\n622 12\n');
    await server.command('replace files');
    expect(await shell('cat new; ls; stat -c %a small')).toBe('nbig\nnew\nsink\nsinks\nsmall\nsub\n640\n');
  }, 20_000);

  it('goes on where it was when nothing comes of it', async () => {
    const client = execute('python3', ['-c', CLIENT, server.path, '2'], { maxBuffer: 1 << 26 });
    await pause(500);
    await server.command('close');
    await pause(100);
    await server.command('freeze');
    await server.command('open');
    await pause(100);
    const before = (await server.report()).received.length;
    await pause(100);
    expect((await server.report()).received.length).toBe(before);
    await server.command('resume');
    const told = JSON.parse((await client).stdout) as { acknowledged: string[]; errors: string[] };
    expect(told.errors).toEqual([]);
    expect((await server.report()).received.toSorted()).toEqual(told.acknowledged.toSorted());
    expect(told.acknowledged.length).toBeGreaterThan(before);
  }, 20_000);

  it('is no dead mount though the process that mounted it is gone, and the descriptor is not inherited further', async () => {
    await server.handOver();
    expect(servedMounts().filter(({ path }) => path === server.path)).toHaveLength(1);
    expect(await sweepRoot(join(scratch, 'root'))).toEqual([]);
    expect(await shell('cat small')).toMatch(/^small/);
    const O_CLOEXEC = 0o2000000;
    for (const fd of [3, 4]) {
      const info = readFileSync(`/proc/${server.pid}/fdinfo/${fd}`, 'latin1');
      const flags = parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '', 8);
      expect(flags & O_CLOEXEC, String(fd)).toBe(O_CLOEXEC);
    }
  });

  it('is removed by the process that has it now', async () => {
    await server.handOver();
    await server.end();
    expect(servedMounts().filter(({ path }) => path.startsWith(scratch))).toEqual([]);
    expect(readdirSync(scratch)).toEqual(['server.mjs']);
  });
});

/** The serving processes, as one. */
class Server {
  readonly path: string;
  /** Process that serves now. */
  pid = 0;
  readonly #first: ChildProcessWithoutNullStreams;
  #lines: string[] = [];
  #wanted: ((line: string) => void) | undefined;
  readonly #clients: Client[] = [];
  #ended = false;

  constructor(script: string, root: string) {
    this.path = `${root}/module`;
    // The shell keeps the pipes open when the first process has gone.
    const run = '"$@"; exec sleep 100';
    this.#first = spawn('sh', ['-c', run, 'sh', process.execPath, script, 'first', root], { stdio: 'pipe' });
    this.#first.stderr.pipe(process.stderr);
    let text = '';
    this.#first.stdout.setEncoding('latin1').on('data', (piece: string) => {
      const lines = (text + piece).split('\n');
      text = lines.pop() ?? '';
      this.#lines.push(...lines);
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#wanted === undefined || this.#lines.length === 0) return;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted(this.#lines.shift() ?? '');
  }

  line(): Promise<string> {
    return new Promise((resolve) => {
      this.#wanted = resolve;
      this.#deliver();
    });
  }

  async command(text: string): Promise<void> {
    this.#first.stdin.write(`${text}\n`);
    expect(await this.line()).toBe(`${text} done`);
  }

  async report(): Promise<{ open: number; received: string[] }> {
    this.#first.stdin.write('report\n');
    const line = await this.line();
    expect(await this.line()).toBe('report done');
    return JSON.parse(line) as { open: number; received: string[] };
  }

  async handOver(): Promise<void> {
    this.#first.stdin.write('hand over\n');
    const lines = [await this.line(), await this.line()].join('\n');
    const [, pid = '', ms = ''] = /handed over to (\d+) in (\d+) ms/.exec(lines) ?? [];
    expect(lines).toContain(`serving ${this.path}`);
    expect(Number(ms)).toBeLessThan(5000);
    this.pid = Number(pid);
  }

  client(script: string, ...rest: string[]): Client {
    const client = new Client(
      spawn('bash', ['-c', `cd ${this.path} && ${script}`, ...rest], { stdio: 'pipe' }),
    );
    this.#clients.push(client);
    return client;
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    for (const client of this.#clients) client.kill();
    this.#first.stdin.write('remove\n');
    const line = await this.line();
    this.#first.kill('SIGKILL');
    expect(line).toMatch(/^removed/);
  }
}

class Client {
  text = '';
  errors = '';
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stdout.setEncoding('latin1').on('data', (piece: string) => (this.text += piece));
    child.stderr.setEncoding('latin1').on('data', (piece: string) => (this.errors += piece));
    this.ended = new Promise((resolve) => child.once('close', resolve));
  }

  go(): void {
    this.#child.stdin.end('go\n');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
