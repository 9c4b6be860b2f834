import { readFileSync } from 'node:fs';
import type { ConditionFacts } from '../../parse/parse-options.ts';
import type { StapOptions } from '../stap-options.ts';

/** SystemTap's names of architectures, where they differ from Node's. */
const ARCHITECTURES: Readonly<Record<string, string | undefined>> = {
  x64: 'x86_64',
  ia32: 'i386',
  s390x: 's390',
  ppc64: 'powerpc',
  mipsel: 'mips',
};

/**
 * What `%( … %)` conditions see: the running kernel, or what -r and -a say. The kernel's configuration is read
 * from /proc/config.gz or /boot only when a condition asks for it.
 */
export function conditionFacts(options: StapOptions, systemtapVersion: string): ConditionFacts {
  const kernelRelease = options.kernelRelease ?? process.env['SYSTEMTAP_RELEASE'] ?? runningRelease();
  let configuration: ReadonlyMap<string, string> | undefined;
  return {
    kernelRelease,
    architecture: options.architecture ?? ARCHITECTURES[process.arch] ?? process.arch,
    runtime: 'kernel',
    systemtapVersion,
    privilege: options.privilege ?? 'stapdev',
    kernelConfig: (name) => {
      configuration ??= readConfiguration(kernelRelease);
      return configuration.get(name) ?? '';
    },
  };
}

function runningRelease(): string {
  return readFileSync('/proc/sys/kernel/osrelease', 'latin1').trim();
}

function readConfiguration(release: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const line of configurationText(release).split('\n')) {
    const match = /^(CONFIG_\w+)=(.*)$/.exec(line);
    const [, name, value] = match ?? [];
    if (name !== undefined && value !== undefined) settings.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return settings;
}

function configurationText(release: string): string {
  for (const path of [`/boot/config-${release}`, `/lib/modules/${release}/build/.config`]) {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      continue;
    }
  }
  try {
    const zlib = process.getBuiltinModule('node:zlib');
    return release === runningRelease()
      ? zlib.gunzipSync(readFileSync('/proc/config.gz')).toString('latin1')
      : '';
  } catch {
    return '';
  }
}
