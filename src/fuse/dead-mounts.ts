import { dirname } from 'node:path';
import { readdir, rmdir, stat } from 'node:fs/promises';
import { runProgram } from './child-process.ts';
import { removeMountPoint } from './mount-point.ts';
import type { MountMethod } from './mount.ts';
import { unmountDirectory } from './mount.ts';
import type { ServedMount } from './mount-table.ts';
import { ownerLives, servedMounts } from './mount-table.ts';
import type { SystemCalls } from './system-calls.ts';

const PROBE_TIMEOUT_MS = 2000;
/** An empty directory younger than this may be about to be mounted on. */
const SETTLED_MS = 60_000;
/** Only directories that carry a generated module name are ours beyond doubt. */
const GENERATED_NAME = /^stap_[0-9a-f]{8,}_[0-9_]+$/;

/**
 * Unmounts what crashed servers left directly under `root`, and removes empty leftover directories. A mount is dead when
 * its owner does not run any more and the kernel says that nobody serves it; all others are left alone.
 * Resolves to the paths removed.
 */
export async function sweepDeadMounts(system: SystemCalls, root: string): Promise<string[]> {
  const removed = new Set<string>();
  const mounts = servedMounts().filter((mount) => dirname(mount.path) === root);
  // Newest first: a mount over a dead mount hides it.
  for (const mount of mounts.reverse()) {
    if (!(await isDead(mount))) continue;
    const method: MountMethod = process.getuid?.() === 0 ? 'mount(2)' : 'fusermount3';
    if ((await unmountDirectory(system, mount.path, method, true)) === 'unmounted') removed.add(mount.path);
  }
  for (const path of removed) await removeMountPoint(path);
  for (const path of await abandonedDirectories(root)) {
    const gone = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (gone) removed.add(path);
  }
  return [...removed];
}

/** ENOTCONN proves that no process holds the other end. Asked from a child: a hanging server must not hang us. */
async function isDead(mount: ServedMount): Promise<boolean> {
  if (ownerLives(mount)) return false;
  const probe = await runProgram('stat', ['-f', '--', mount.path], { timeoutMs: PROBE_TIMEOUT_MS });
  return probe.status !== undefined && probe.status !== 0 && /not connected/i.test(probe.errorText);
}

/** Sub-directories of `root` that nothing is mounted on and that have been untouched for a while. */
async function abandonedDirectories(root: string): Promise<string[]> {
  const mounted = new Set(servedMounts().map((mount) => mount.path));
  const names = await readdir(root).catch(() => []);
  const found: string[] = [];
  for (const name of names) {
    if (!GENERATED_NAME.test(name)) continue;
    const path = `${root}/${name}`;
    // Looking at a mount would ask its server, which may be this process or hang.
    if (mounted.has(path)) continue;
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isDirectory() === true && Date.now() - facts.mtimeMs > SETTLED_MS) found.push(path);
  }
  return found;
}
