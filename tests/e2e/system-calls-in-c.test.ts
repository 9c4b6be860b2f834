import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../harness/command.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { startStap, type RunningStap } from './running-stap.ts';

// What docs/differences-from-systemtap.md says about single system calls.

const EXPECTED = String.raw`open(O_RDONLY|O_NONBLOCK) = 0
open(O_RDONLY|O_DIRECT) = EINVAL
open(O_RDONLY|O_DIRECTORY) = ENOTDIR
open(O_PATH) = 0
open(O_RDWR) = 0
open(O_WRONLY|O_CREAT|O_TRUNC) = 0
open(O_WRONLY|O_CREAT|O_EXCL) = EEXIST
open(O_WRONLY|O_APPEND) = 0
lseek(END) = 4
lseek(DATA) = 0
lseek(HOLE) = 4
pread(4096,0) = 4 "abc\n"
pread(3,-1) = EINVAL
pread(NULL) = EFAULT
poll = 1
revents = 5
ioctl(FIONREAD) = 0
posix_fadvise = 0
fsync = 0
flock = 0
mmap = abc
sendfile(file) = 4
copy_file_range = EXDEV
splice(pipe) = 4
write(0) = 0
write(4) = 4
writev(4+6) = 10
pwrite(4,1000) = 4
lseek(CUR) = 14
write(5000) = 5000
write(NULL) = EFAULT
fallocate = EOPNOTSUPP
ftruncate(10) = 0
fsync = 0
poll = 1
close = 0
rdwr: write(4) = 4
rdwr: pread(4096,0) = 4 "new\n"
rdwr: write(6) = 6
rdwr: pread(4096,0) again = 4 "new\n"
rename = ENOENT
link = ENOENT
symlink = ENOENT
mkdir = ENOENT
unlink = EPERM
access(X_OK) = EACCES
chmod = 0
chown = 0
utimensat = 0
stat = 100640 links 1 uid 1000 gid 1000 size 0 blocks 0
setxattr = EOPNOTSUPP
listxattr = 0
f_type = 65735546
`;

const hasCompiler = spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0;

describe.runIf(hasCompiler && process.getuid?.() === 0)('system calls of a C program', () => {
  let stap: RunningStap;
  let folder = '';
  let program = '';
  beforeAll(async () => {
    folder = makeScratchFolder('system-calls');
    program = join(folder, 'system-calls');
    execFileSync('gcc', ['-O1', '-o', program, join(repositoryRoot, 'tests/e2e/system-calls.c')]);
    stap = await startStap(String.raw`
      global text = "abc\n"
      probe procfs("rw").read { $value = text }
      probe procfs("rw").write { text = $value; printf("%d ", strlen($value)) }`);
  });
  afterAll(async () => {
    await stap.dispose();
    await removeScratchFolder(folder);
  });
  test('each gives what is documented', async () => {
    expect(await stap.out(`${program} rw`)).toBe(EXPECTED);
  });
  test('each write is one event, long ones are several; one of no bytes is none', async () => {
    const pieces = `${'511 '.repeat(9)}401 `;
    expect((await stap.stop()).stdout).toBe(`4 10 4 ${pieces}4 6 `);
  });
});
