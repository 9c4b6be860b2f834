import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeScratchFolder } from '../../tests/harness/scratch-folder.ts';
import { mountModuleDirectory } from './module-directory.ts';
import type { FrozenDirectory } from './frozen-directory.ts';
import type { ServedFiles } from './served-files.ts';

// The files are served by this very process: only other programs may look at them, and never synchronously.
const execute = promisify(execFile);
const gate = { ready: () => true, whenReady: (callback: () => void) => callback() };

/**
 * Loops in processes of their own that read files whose text tells its length, and how many writes there were. Arguments:
 * directory, loops, opens of each, ways of reading, what else goes on. Prints what was wrong, and how often what else
 * went on.
 */
const CLIENT = `
import json, mmap, os, sys, time
path, loops, opens, ways, other = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(), sys.argv[5]
def rest(fd):
    text = b''
    while piece := os.read(fd, 1 << 20): text += piece
    return text
def send(fd, most):
    # Like most programs: sendfile, or read where that is refused.
    copy, sent = os.memfd_create('copy'), 0
    try:
        while sent < most and (more := os.sendfile(copy, fd, None, most - sent)): sent += more
    except OSError as error:
        if error.errno != 22 or sent: raise
        return rest(fd)
    finally: text = os.pread(copy, 1 << 20, 0); os.close(copy)
    return text
def pipe(fd):
    text = b''
    source, sink = os.pipe()
    try:
        while more := os.splice(fd, sink, 60000):
            while more: piece = os.read(source, more); text += piece; more -= len(piece)
    except OSError as error:
        if error.errno != 22 or text: raise
        return rest(fd)
    finally: os.close(source); os.close(sink)
    return text
def mapped(fd):
    with mmap.mmap(fd, os.fstat(fd).st_size, mmap.MAP_PRIVATE, mmap.PROT_READ) as whole: return whole[:]
how = {'sendfile': lambda fd: send(fd, 1 << 20), 'length': lambda fd: send(fd, os.fstat(fd).st_size),
       'splice': pipe, 'mmap': mapped, 'read': rest}
def read(name, way):
    fd = os.open(f'{path}/{name}', os.O_RDONLY)
    try: return how[way](fd)
    finally: os.close(fd)
def wrong(text, writes=0):
    head, _, body = text.partition(b'\\n')
    try: length, letter, written = head.split()
    except ValueError: return f'no head: {text[:40]}'
    if body != letter * int(length): return f'{length.decode()} bytes became {len(body)}, {body.count(0)} NULs'
    return 'old text' if int(written) < writes else None
def loop(index):
    found = []
    for n in range(opens):
        name = f'{other}/{n}' if other in ('new', 'late') else 'file'
        try: error = wrong(read(name, ways[index % len(ways)]))
        except Exception as problem: error = repr(problem)
        if error: found.append(f'{ways[index % len(ways)]}: {error}')
    return found
def disturb(kind):
    name = path + '/file'
    if kind == 'stat':
        if os.stat(name).st_ino != os.stat(name).st_ino: return 'another number'
    elif kind == 'write':
        with open(name, 'wb', 0) as file: file.write(b'x' * 100000)
    elif kind == 'own write':
        fd = os.open(name, os.O_WRONLY); os.write(fd, b'x'); os.close(fd)
        writes = int(read('file', 'read').split()[2])
        fd = os.open(name, os.O_WRONLY); os.write(fd, b'x'); os.close(fd)
        return wrong(read('file', 'sendfile'), writes + 1)
    elif kind == 'open again':
        fd = os.open(name, os.O_RDONLY)
        again = os.open(f'/proc/self/fd/{fd}', os.O_RDONLY)
        error = wrong(rest(again))
        os.close(again); os.close(fd)
        return error
results, children = os.pipe(), []
for index in range(loops):
    child = os.fork()
    if child == 0:
        os.write(results[1], ''.join(f'{line}\\n' for line in loop(index)[:20]).encode()); os._exit(0)
    children.append(child)
errors, times = [], 0
while children:
    if other in ('stat', 'write', 'own write', 'open again'):
        try: error = disturb(other)
        except Exception as problem: error = repr(problem)
        if error: errors.append(f'{other}: {error}')
        times += 1
        time.sleep(0.002)
    else: time.sleep(0.02)
    children = [child for child in children if os.waitpid(child, os.WNOHANG)[0] == 0]
os.close(results[1])
errors += rest(results[0]).decode().splitlines()
print(json.dumps({'errors': errors, 'times': times}))
`;

describe('page-cache readers of one file at the same time', () => {
  let base = '';
  let mounted: ServedFiles<FrozenDirectory>;
  let made = 0;
  let writes = 0;
  beforeAll(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'stap-pages-')));
    const read = (): { content: string } => {
      const length = 100 + ((++made * 7919) % 45_000);
      const letter = String.fromCharCode(97 + (made % 26));
      return { content: `${length} ${letter} ${writes}\n${letter.repeat(length)}` };
    };
    const write = (_: unknown, data: string): { written: number } => {
      writes++;
      return { written: data.length };
    };
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const paths = ['file', ...numbers.flatMap((number) => [`new/${number}`, `late/${number}`])];
    mounted = await mountModuleDirectory({
      ...{ root: base, moduleName: 'm', gate, uid: 0, gid: 0 },
      files: paths.map((path) => ({ path, mode: 0o644, read, write })),
    });
  });
  afterAll(async () => {
    await mounted.remove();
    await removeScratchFolder(base);
  });

  async function run(loops: number, opens: number, ways: string, other = ''): Promise<number> {
    const { stdout } = await execute(
      'python3',
      ['-c', CLIENT, mounted.path, String(loops), String(opens), ways, other],
      { timeout: 25_000 },
    );
    const told = JSON.parse(stdout) as { errors: string[]; times: number };
    expect(told.errors).toEqual([]);
    return told.times;
  }

  // First, while no page-cache read has been seen on these files.
  it('share a snapshot or are refused when nobody expected them', async () => {
    await run(8, 100, 'sendfile splice', 'new');
  }, 30_000);
  it('get whole text from the first moment on, whatever they asked before', async () => {
    const opens = made;
    await run(4, 100, 'length', 'late');
    expect(made).toBeGreaterThan(opens);
  }, 30_000);
  it.each([2, 4, 8])(
    'each get a whole text: %i loops',
    async (loops) => {
      await run(loops, 2000 / loops, 'sendfile splice');
    },
    30_000,
  );
  it('and those that map the file or ask its length first, and ordinary readers', async () => {
    await run(5, 300, 'mmap length read sendfile splice');
  }, 30_000);
  it.each(['stat', 'write', 'own write', 'open again'])(
    'beside %s',
    async (other) => {
      expect(await run(3, 700, 'sendfile splice length', other)).toBeGreaterThan(5);
    },
    30_000,
  );
  it('run the handler for each open', async () => {
    const before = made;
    await run(4, 250, 'sendfile');
    expect(made - before).toBe(1000);
  }, 30_000);
  it('leave the name with its own inode', async () => {
    const { stdout } = await execute('stat', ['-c', '%s %a %h', join(mounted.path, 'file')]);
    expect(stdout).toBe('0 644 1\n');
  });
});
