// Runs tests inside a virtual machine with a kernel of Debian that has kprobes and fentry:
// `npm run test:vm [-- VITEST-ARGUMENT…]`. Needs qemu-system-x86 and apt-get; root is not needed outside. The machine
// has no network and sees the files of this one read-only; what it writes stays in its memory.
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FIRST_LINE, writeInitialFiles } from './initial-files.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stap-ts-vm');
const MEMORY_MB = 3072;
const DISK_MB = 256;
const LIMIT_MS = Number(process.env.STAP_VM_MINUTES ?? 15) * 60_000;
/** With the processor's help a machine begins to run at once, or never. */
const START_MS = { kvm: 12_000, tcg: 120_000 };

/** Downloads and unpacks the packages that are missing; the folder they are in. */
function unpackedPackages() {
  const kernel = /Depends: (linux-image-\S+)/.exec(run('apt-cache', ['depends', 'linux-image-amd64']))?.[1];
  if (kernel === undefined) throw new Error('apt knows no linux-image-amd64: apt-get update');
  const folder = join(cache, kernel);
  if (existsSync(join(folder, 'complete'))) return folder;
  mkdirSync(folder, { recursive: true });
  console.log(`downloading ${kernel} and busybox-static`);
  run('apt-get', ['download', '-q', kernel, 'busybox-static'], folder);
  for (const name of readdirSync(folder))
    if (name.endsWith('.deb')) run('dpkg-deb', ['-x', name, '.'], folder);
  mkdirSync(join(folder, 'complete'));
  return folder;
}

function run(program, words, cwd = root) {
  return execFileSync(program, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** An empty disk with a file system. */
function newDisk(path) {
  writeFileSync(path, '');
  truncateSync(path, DISK_MB << 20);
  run('/usr/sbin/mkfs.ext4', ['-q', '-F', path], dirname(path));
  return path;
}

function virtualMachine(packages, initialFiles, disk, accelerator) {
  const kernel = readdirSync(join(packages, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  return [
    ...['-accel', accelerator, '-cpu', 'max'],
    ...['-m', String(MEMORY_MB), '-smp', '2', '-nographic', '-no-reboot', '-nic', 'none'],
    ...['-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap'],
    ...['-drive', `file=${disk},format=raw,if=virtio,cache=unsafe`],
    ...['-kernel', join(packages, 'boot', kernel), '-initrd', initialFiles],
    ...['-append', 'console=ttyS0 quiet panic=-1'],
  ];
}

/**
 * Shows what the machine prints. Resolves to the status that its last line tells; undefined when it did not begin to
 * run in time.
 */
function showMachine(words, startMs) {
  return new Promise((resolve, reject) => {
    const machine = spawn('qemu-system-x86_64', words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const isRunning = () => text.includes(FIRST_LINE);
    const timers = [
      setTimeout(() => isRunning() || machine.kill('SIGKILL'), startMs),
      setTimeout(() => machine.kill('SIGKILL'), LIMIT_MS),
    ];
    machine.stdout.on('data', (chunk) => {
      const begins = !isRunning();
      text += chunk;
      if (isRunning()) process.stdout.write(begins ? text.slice(text.indexOf(FIRST_LINE)) : chunk);
    });
    machine.stderr.on('data', (chunk) => isRunning() && process.stderr.write(chunk));
    machine.on('error', (error) =>
      reject(new Error(`qemu-system-x86_64: ${error.message}; apt-get install qemu-system-x86`)),
    );
    machine.on('close', () => {
      for (const timer of timers) clearTimeout(timer);
      const status = Number(/tests in the machine ended with status (\d+)/.exec(text)?.[1] ?? 1);
      resolve(isRunning() ? status : undefined);
    });
  });
}

const packages = unpackedPackages();
// Whatever needs installing or building is done out here, where it can be written.
execFileSync(join(root, 'stap'), ['-V'], { stdio: 'ignore' });
const command =
  process.argv[2] === '--'
    ? process.argv.slice(3)
    : ['npx', 'vitest', 'run', '--config', 'vitest.vm.config.ts', ...process.argv.slice(2)];
const initialFolder = mkdtempSync(join(tmpdir(), 'stap-ts-vm-'));
const disk = newDisk(join(initialFolder, 'disk'));
const initialFiles = writeInitialFiles(packages, join(initialFolder, 'initrd'), { root, command });
// The processor's help is not to be had everywhere: a machine inside a machine may hang with it.
const accelerators = existsSync('/dev/kvm') ? ['kvm', 'tcg'] : ['tcg'];
let status;
for (const accelerator of accelerators)
  status ??= await showMachine(
    virtualMachine(packages, initialFiles, disk, accelerator),
    START_MS[accelerator],
  );
rmSync(initialFolder, { recursive: true });
if (status === undefined) console.error('the virtual machine does not start');
process.exitCode = status ?? 1;
