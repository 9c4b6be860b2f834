import { SYSTEMTAP_VERSION } from '../session/compile/systemtap-version.ts';

/** What `stap -V` prints, `ownVersion` being that of this program. */
export function versionText(ownVersion: string): string {
  return [
    `Systemtap translator/driver (version ${SYSTEMTAP_VERSION}, stap-ts ${ownVersion})`,
    'This is stap-ts, an independent implementation in TypeScript. It runs scripts without a kernel module, serves',
    'procfs probes through FUSE, and runs kernel and process probes through eBPF.',
    'This is free software under the MIT licence; there is no warranty.',
    'tested kernel versions: 6.1 ... 6.18',
    'enabled features: BPF FUSE NODEJS',
    '',
  ].join('\n');
}

/** The two lines that follow a usage error. */
export const USAGE_HINT =
  "Try '--help' for more information. [man stap]\nA message like [man foo] means for more info, run % man foo\n";
