import { runProgram } from './child-process.ts';
import { errno } from './errno.ts';
import { MountError } from './mount-error.ts';
import { mountSource, mountType } from './mount-table.ts';
import type { SystemCalls } from './system-calls.ts';

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
const HELPER_TIMEOUT_MS = 10_000;

/** How a directory was mounted, and so how it is unmounted. */
export type MountMethod = 'mount(2)' | 'fusermount3';

/** A mounted directory and the device that its requests come from. */
export interface Connection {
  /** /dev/fuse, O_NONBLOCK and close-on-exec. */
  readonly fd: number;
  readonly method: MountMethod;
  /** Source of the mount, as mountSource() gives it for the process that mounted. */
  readonly source: string;
}

/**
 * Mounts our file system on an existing directory: by mount(2) where this process may, else by fusermount3.
 * The caller must serve the returned descriptor before anybody looks into the directory.
 * @param options `forOthers`: other users shall be able to enter. mount(2) always allows it (modes decide); fusermount3 only
 * where /etc/fuse.conf says so, and refuses otherwise
 * @throws {MountError}
 */
export async function mountDirectory(
  system: SystemCalls,
  path: string,
  options: { readonly forOthers: boolean } = { forOthers: false },
): Promise<Connection> {
  const fd = system.open('/dev/fuse', O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) throw deviceError(-fd);
  const source = mountSource(process.pid);
  const owner = `user_id=${process.getuid?.() ?? 0},group_id=${process.getgid?.() ?? 0}`;
  const data = `fd=${fd},rootmode=40000,${owner},default_permissions,allow_other`;
  const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const result = system.mount(source, path, mountType, flags, data);
  if (result >= 0) return { fd, method: 'mount(2)', source };
  system.close(fd);
  if (-result !== errno.EPERM && -result !== errno.EACCES) {
    const hint =
      -result === errno.ENODEV ? ' The kernel has no FUSE: load its module with "modprobe fuse".' : '';
    throw new MountError(
      -result === errno.ENOENT ? 'VANISHED' : 'MOUNT_FAILED',
      `Cannot mount on ${path}: mount(2) failed with error ${-result}.${hint}`,
    );
  }
  const helperFd = await mountByHelper(system, path, source, options.forOthers);
  return { fd: helperFd, method: 'fusermount3', source };
}

function deviceError(error: number): MountError {
  if (error === errno.EACCES || error === errno.EPERM) {
    return new MountError(
      'NOT_PERMITTED',
      'This user may not open /dev/fuse, which procfs probes need: run as root, or have root do "chmod 666 /dev/fuse".',
    );
  }
  return new MountError(
    'NO_FUSE_DEVICE',
    `Cannot open /dev/fuse (error ${error}), which procfs probes need: load the kernel's FUSE module with "modprobe fuse", or start the container with "--device /dev/fuse".`,
  );
}

/** fusermount3 opens /dev/fuse itself, mounts, and sends the descriptor over the socket it is given. */
async function mountByHelper(
  system: SystemCalls,
  path: string,
  source: string,
  forOthers: boolean,
): Promise<number> {
  const pair = system.socketPair();
  if (typeof pair === 'number') {
    throw new MountError('MOUNT_FAILED', `Cannot create a socket pair (error ${-pair}).`);
  }
  const [ours, theirs] = pair;
  const subtype = mountType.replace('fuse.', '');
  const options = `fsname=${source},subtype=${subtype},default_permissions,nosuid,nodev,noexec${forOthers ? ',allow_other' : ''}`;
  try {
    const helper = await runProgram('fusermount3', ['-o', options, '--', path], {
      timeoutMs: HELPER_TIMEOUT_MS,
      env: { _FUSE_COMMFD: '3' },
      descriptor: theirs,
    });
    if (helper.missing) {
      throw new MountError(
        'NO_FUSERMOUNT',
        'This user may not mount, and fusermount3 is not installed: run as root, or install the package "fuse3".',
      );
    }
    if (helper.status !== 0 && forOthers && helper.errorText.includes('user_allow_other')) {
      throw new MountError(
        'NOT_PERMITTED',
        `This user may not let a group into ${path}: have root add the line "user_allow_other" to /etc/fuse.conf, or run as root.`,
      );
    }
    if (helper.status !== 0) {
      throw new MountError(
        'NOT_PERMITTED',
        `This user may not mount on ${path}, and fusermount3 refuses: ${helper.errorText.trim() || 'no reason given'}. Run as root.`,
      );
    }
    return received(system, system.receiveDescriptor(ours), path);
  } finally {
    system.close(ours);
    system.close(theirs);
  }
}

function received(system: SystemCalls, fd: number, path: string): number {
  const failure = fd < 0 ? fd : system.setNonBlocking(fd);
  if (failure < 0) {
    throw new MountError(
      'MOUNT_FAILED',
      `fusermount3 mounted ${path} but sent no descriptor (error ${-failure}).`,
    );
  }
  return fd;
}

/**
 * Unmounts. 'busy' when some program is inside and `detach` is false; with `detach` the mount leaves the tree at once
 * and programs inside keep their connection until the device is closed. Must not be waited for synchronously by the
 * process that serves the mount.
 */
export async function unmountDirectory(
  system: SystemCalls,
  path: string,
  method: MountMethod,
  detach: boolean,
): Promise<'unmounted' | 'busy' | 'failed'> {
  if (method === 'mount(2)') {
    const result = system.unmount(path, UMOUNT_NOFOLLOW | (detach ? MNT_DETACH : 0));
    if (result >= 0 || -result === errno.EINVAL) return 'unmounted'; // EINVAL: not a mount point any more
    return -result === errno.EBUSY ? 'busy' : 'failed';
  }
  const helper = await runProgram('fusermount3', ['-u', '-q', ...(detach ? ['-z'] : []), '--', path], {
    timeoutMs: HELPER_TIMEOUT_MS,
  });
  if (helper.status === 0) return 'unmounted';
  return detach ? 'failed' : 'busy';
}
