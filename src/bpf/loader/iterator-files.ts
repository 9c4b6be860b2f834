import { chmodSync, chownSync, utimesSync, type Stats } from 'node:fs';
import { chmod, chown, lstat, mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BPF_COMMAND, newAttributes } from './attributes.ts';
import { failedCall } from './error-number.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import { loadMountCalls, type MountCalls } from './mount-calls.ts';
import { loadLoaderSystemCalls, type LoaderSystemCalls } from './system-calls.ts';

/** An iterator, and the file that it shall serve. */
export interface IteratorFile {
  /** Descriptor of its link. */
  readonly link: number;
  /** Absolute path of a file that is there. */
  readonly path: string;
}

const PERMISSIONS = 0o7777;
const EINVAL = 22;

/** A file system of pinned iterators. */
interface Pins {
  readonly fd: number;
  /** Where it is attached meanwhile, in case it has to be. */
  place?: string;
}

/**
 * Lays iterators over files: who opens one gets what its program writes at that moment, from the kernel. The files look
 * as those below. The iterators are pinned in a file system that is mounted nowhere else: nothing is left of them when
 * the files are uncovered, or the mount that they are in goes away with everything over it. Throws `KernelProbeError`;
 * then the files that were covered stay so.
 */
export async function coverFiles(
  files: readonly IteratorFile[],
  calls: LoaderSystemCalls = loadLoaderSystemCalls(),
  mounts: MountCalls = loadMountCalls(),
): Promise<void> {
  const pins: Pins = { fd: mounts.newFileSystem('bpf') };
  if (pins.fd < 0) throw failedCall('make a file system for iterators', -pins.fd);
  try {
    for (const [index, file] of files.entries()) await cover(file, pins, `f${index}`, calls, mounts);
  } finally {
    // What covers a file is held by that mount alone.
    calls.close(pins.fd);
    if (pins.place !== undefined) {
      await mounts.detach(pins.place);
      await rmdir(pins.place).catch(() => undefined);
    }
  }
}

/** Takes away what covers these files, if anything does. What was done to its permissions and owner is done to the file below. */
export async function uncoverFiles(
  paths: readonly string[],
  mounts: MountCalls = loadMountCalls(),
): Promise<void> {
  for (const path of paths) {
    const covered = await lstat(path).catch(() => undefined);
    if (!(await mounts.detach(path)) || covered === undefined) continue;
    const below = await lstat(path).catch(() => undefined);
    if (below === undefined) continue;
    const { uid, gid, mode } = covered;
    // The file may be gone by now.
    if (uid !== below.uid || gid !== below.gid) await chown(path, uid, gid).catch(() => undefined);
    if (mode !== below.mode) await chmod(path, mode & PERMISSIONS).catch(() => undefined);
  }
}

async function cover(
  { link, path }: IteratorFile,
  pins: Pins,
  name: string,
  calls: LoaderSystemCalls,
  mounts: MountCalls,
): Promise<void> {
  // The one way to name it that every Linux with iterators knows.
  const pinned = `/proc/self/fd/${pins.fd}/${name}`;
  const { uid, gid, mode, atime, mtime } = await statOf(path);
  pin(calls, link, pinned);
  chownSync(pinned, uid, gid);
  chmodSync(pinned, mode & PERMISSIONS);
  utimesSync(pinned, atime, mtime);
  const file = await fileOf(pins, name, mounts);
  if (file < 0) throw failedCall(`open the iterator for ${path}`, -file);
  const isAttached = await mounts.attach(file, path);
  calls.close(file);
  if (!isAttached) throw new KernelProbeError('EINVAL', `cannot lay an iterator over ${path}`);
}

/** Older kernels (6.1) make mounts only of what is attached somewhere. */
async function fileOf(pins: Pins, name: string, mounts: MountCalls): Promise<number> {
  const file = mounts.fileOf(pins.fd, name);
  if (file !== -EINVAL || pins.place !== undefined) return file;
  pins.place = await mkdtemp(join(tmpdir(), 'stap-iterators-'));
  return (await mounts.attach(pins.fd, pins.place)) ? mounts.fileOf(pins.fd, name) : file;
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch (error) {
    throw new KernelProbeError('ENOENT', `cannot lay an iterator over ${path}: ${(error as Error).message}`);
  }
}

function pin(calls: LoaderSystemCalls, link: number, path: string): void {
  const name = Buffer.from(`${path}\0`, 'latin1');
  const attributes = newAttributes();
  attributes.writeBigUInt64LE(calls.address(name), 0);
  attributes.writeInt32LE(link, 8);
  const result = calls.bpf(BPF_COMMAND.objectPin, attributes);
  // Reachable until here.
  name.fill(0);
  if (result < 0) throw failedCall('pin an iterator', -result);
}
