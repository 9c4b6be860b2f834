// The first files of the virtual machine: busybox, the modules it needs to see this machine's files, and `init`.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

/** What is loaded in the machine; what these depend on is found in modules.dep. */
const MODULES = [
  'virtio_pci',
  'virtio_blk',
  'crc32c_generic',
  'ext4',
  '9pnet_virtio',
  '9p',
  'overlay',
  'fuse',
];

/** What the machine prints when its kernel runs. */
export const FIRST_LINE = 'the virtual machine runs Linux';

const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /host /memory /new
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
echo "${FIRST_LINE} $(/bin/busybox uname -r)"
for module in $(/bin/busybox cat /modules/order); do /bin/busybox insmod /modules/$module; done
/bin/busybox mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=1048576,cache=loose host /host
/bin/busybox mount -t tmpfs tmpfs /memory
/bin/busybox mkdir /memory/upper /memory/work
/bin/busybox mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work overlay /new
for place in proc sys dev; do /bin/busybox mount -o move /$place /new/$place; done
/bin/busybox mount -t tmpfs tmpfs /new/run
# What is written there goes to a disk.
/bin/busybox mount -t ext4 /new/dev/vda /new/var/tmp
/bin/busybox cp /start.sh /new/run/start.sh
exec /bin/busybox switch_root /new /bin/bash /run/start.sh
`;

/** Runs `command` in the folder `root`, tells its status, and switches the machine off. */
function startScript(root, command) {
  return `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CI=1 NO_COLOR=1 STAP_TEST_PATIENCE=10
ip link set lo up 2>/dev/null || busybox ip link set lo up
cd ${shellWord(root)}
${command.map(shellWord).join(' ')} </dev/null
echo "tests in the machine ended with status $?"
echo o >/proc/sysrq-trigger
# No program any more: what they are read from may be gone already.
while :; do :; done
`;
}

function shellWord(word) {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Writes the archive that the kernel unpacks; its path. The machine runs `command` in the folder `root`. */
export function writeInitialFiles(packages, folder, { root, command }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'modules'));
  copyFileSync(join(packages, 'bin/busybox'), join(folder, 'bin/busybox'));
  writeFileSync(join(folder, 'init'), INIT);
  chmodSync(join(folder, 'init'), 0o755);
  writeFileSync(join(folder, 'start.sh'), startScript(root, command));
  const release = readdirSync(join(packages, 'lib/modules'))[0];
  const modules = join(packages, 'lib/modules', release);
  const paths = inOrder(modules);
  for (const path of paths) copyFileSync(join(modules, path), join(folder, 'modules', basename(path)));
  writeFileSync(join(folder, 'modules/order'), `${paths.map((path) => basename(path)).join('\n')}\n`);
  const archive = `${folder}.cpio.gz`;
  execFileSync('sh', ['-c', 'find . | bin/busybox cpio -o -H newc 2>/dev/null | gzip -1 >"$0"', archive], {
    cwd: folder,
  });
  return archive;
}

/** Paths of the modules, each behind those it depends on. */
function inOrder(modules) {
  const dependencies = new Map();
  const files = execFileSync('find', ['kernel', '-name', '*.ko'], { cwd: modules, encoding: 'utf8' })
    .trim()
    .split('\n');
  for (const path of files) dependencies.set(basename(path, '.ko').replaceAll('-', '_'), path);
  const ordered = [];
  const add = (name) => {
    const path = dependencies.get(name.replaceAll('-', '_'));
    // Not a module: built into the kernel.
    if (path === undefined || ordered.includes(path)) return;
    for (const other of neededBy(join(modules, path))) add(other);
    ordered.push(path);
  };
  for (const name of MODULES) add(name);
  return ordered;
}

/** Names of the modules that a module says it depends on, in its section .modinfo. */
function neededBy(path) {
  const text = /\0depends=([^\0]*)\0/.exec(readFileSync(path, 'latin1'))?.[1] ?? '';
  return text.split(',').filter((name) => name !== '');
}
