import type { Environment } from '../ports/environment.ts';

/**
 * Directory that holds one directory per running module: what --procfs-root or STAP_PROCFS_ROOT say, otherwise
 * /run/systemtap for root and $XDG_RUNTIME_DIR/systemtap for other users. Always absolute.
 */
export function moduleRoot(
  option: string | undefined,
  environment: Environment,
  uid: number,
  workingDirectory: string,
): string {
  const chosen = option ?? environment['STAP_PROCFS_ROOT'];
  if (chosen !== undefined && chosen !== '') {
    const absolute = chosen.startsWith('/') ? chosen : `${workingDirectory}/${chosen}`;
    return absolute.replace(/(?<=.)\/+$/, '');
  }
  if (uid === 0) return '/run/systemtap';
  const runtimeDirectory = environment['XDG_RUNTIME_DIR'];
  return runtimeDirectory === undefined || runtimeDirectory === ''
    ? `/tmp/systemtap-${uid}`
    : `${runtimeDirectory}/systemtap`;
}
