import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repositoryRoot } from '../harness/command.ts';
import { startStap, type RunningStap } from './running-stap.ts';

// Single system calls, compared with what the kernel's own procfs files answer.

let stap: RunningStap;
beforeAll(async () => {
  stap = await startStap(String.raw`
    global w
    probe procfs("ro").read { $value = "ro\n" }
    probe procfs("wo").write { w = $value; printf("%d:%s|", strlen($value), substr($value, 0, 6)) }
    probe procfs("rw").read { $value = w }
    probe procfs("rw").write { w = $value }
    probe end { print(w) }`);
});
afterAll(() => stap.dispose());

const calls = (side: string, file: string): Promise<string> =>
  stap.out(`python3 ${join(repositoryRoot, 'tests/e2e/system-calls.py')} ${side} ${file}`);

test('reading', async () => {
  expect((await calls('read', 'ro')).split('\n')).toEqual([
    'lseek(0,CUR) = 0',
    "read(0) = b''",
    "read(1) = b'r'",
    "read(5) = b'o\\n'",
    'lseek(0,CUR) = 3',
    "read(4096) = b''",
    "read(4096) = b''",
    'lseek(0,SET) = 0',
    "read(4096) = b'ro\\n'",
    'lseek(2,SET) = 2',
    "read(3) = b'\\n'",
    'lseek(100000,SET) = 100000',
    "read(3) = b''",
    'lseek(-1,SET) = EINVAL',
    "pread(3,0) = b'ro\\n'",
    "pread(3,2) = b'\\n'",
    "pread(65536,0) = b'ro\\n'",
    'write = EBADF',
    'TCGETS = ENOTTY',
    'ftruncate = EINVAL',
    "poll = ['0x5']",
    'flock = None',
    "second open, pread(60,0) = b'ro\\n'",
    "first open, pread(60,0) = b'ro\\n'",
    'mmap = refused',
    '',
  ]);
});

test('writing', async () => {
  const lines = (await calls('write', 'wo')).split('\n');
  expect(lines).toEqual([
    'read = EBADF',
    'write(0) = 0',
    'write(1) = 1',
    'lseek(0,CUR) = 1',
    'write(3) = 3',
    'lseek(0,CUR) = 4',
    'pwrite(3,100) = 3',
    'writev = 5',
    'write(511) = 511',
    'write(5000) = 5000',
    'write with NUL = 4',
    'ftruncate(0) = None',
    'close = None',
    'open(O_TRUNC) = None',
    'open(O_CREAT|O_TRUNC) = None',
    'open(O_APPEND) = None',
    'open(O_NONBLOCK) = None',
    'open(O_CREAT|O_EXCL) = EEXIST',
    'open(O_DIRECTORY) = ENOTDIR',
    '',
  ]);
  await stap.printed('1:4|');
  expect(stap.stdout()).toMatch(/1:7\|3:89\n\|3:11\n\|/);
});

test('reading and writing on one descriptor', async () => {
  expect((await calls('rdwr', 'rw')).split('\n').slice(1, 2)).toEqual(['write(3) = 3']);
  expect((await calls('rdwr', 'rw')).split('\n').slice(3, 4)).toEqual(["new open, read(4096) = b'55\\n'"]);
});

test('paths', async () => {
  const answers = new Map(
    (await calls('paths', 'ro')).split('\n').map((line) => line.split(' = ') as [string, string]),
  );
  expect(answers.get('truncate(0)')).toBe('None');
  expect(answers.get('access(R_OK)')).toBe('True');
  expect(answers.get('access(X_OK)')).toBe('False');
  for (const what of ['unlink', 'rename', 'link', 'open(new,O_CREAT)', 'mkdir'])
    expect(['EPERM', 'ENOENT', 'EACCES', 'ENOSYS', 'EROFS'], what).toContain(answers.get(what));
  expect(answers.get('statvfs')).toBe('True');
});

test('as root, reading a write-only file gives nothing and writing a read-only one fails', async () => {
  expect(await stap.out('cat wo')).toBe('');
  const result = await stap.sh('echo x > ro');
  expect(result.stderr).toContain('Input/output error');
  expect(result.status).toBe(1);
});
