/** The SystemTap whose behaviour this program follows; what --compatible and `%( systemtap_v` compare with. */
export const SYSTEMTAP_VERSION = '5.6';

/** Less than, equal to or greater than 0, as rpm and SystemTap compare dotted versions. */
export function compareVersions(left: string, right: string): number {
  const one = left.split('.').map(Number);
  const other = right.split('.').map(Number);
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What `stap -V` prints, `ownVersion` being that of this program. */
export function versionText(ownVersion: string): string {
  return [
    `Systemtap translator/driver (version ${SYSTEMTAP_VERSION}, stap-ts ${ownVersion})`,
    'This is stap-ts, an independent implementation in TypeScript. It runs scripts without a kernel module and',
    'serves procfs probes through FUSE.',
    'This is free software under the MIT licence; there is no warranty.',
    'tested kernel versions: 6.18 ... 6.18',
    'enabled features: FUSE NODEJS',
    '',
  ].join('\n');
}

/** The two lines that follow a usage error. */
export const USAGE_HINT =
  "Try '--help' for more information. [man stap]\nA message like [man foo] means for more info, run % man foo\n";
