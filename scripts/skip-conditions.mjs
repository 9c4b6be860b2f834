// When a test is allowed to be skipped, decided apart from the test itself: tests/expected-skips.json names these.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';

function succeeds(command, ...commandArguments) {
  try {
    execFileSync(command, commandArguments, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Kernel release whose headers are installed, for `stap -r`; undefined when there are none. */
export function kernelHeadersRelease() {
  if (!existsSync('/lib/modules')) return undefined;
  return readdirSync('/lib/modules')
    .sort()
    .reverse()
    .find((name) => existsSync(`/lib/modules/${name}/build`));
}

/** Whether bpf(2) is this process's to use: CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN for both. */
function hasEbpfCapabilities() {
  const status = readFileSync('/proc/self/status', 'latin1');
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`);
  const has = (number) => ((capabilities >> BigInt(number)) & 1n) === 1n;
  return has(21) || (has(38) && has(39));
}

/** Whether one program can be attached to many user functions at once: Linux 6.6. */
function hasUprobeMulti() {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 6);
}

/** Whether Debian's PostgreSQL server is installed, of any version. */
function hasPostgres() {
  const versions = '/usr/lib/postgresql';
  return (
    existsSync(versions) &&
    readdirSync(versions).some((name) => existsSync(`${versions}/${name}/bin/postgres`))
  );
}

/** Condition name -> whether it holds on this machine. */
export const skipConditions = {
  'no SystemTap installed': () => kernelHeadersRelease() === undefined || !succeeds('/usr/bin/stap', '-V'),
  'no chromium': () => !existsSync('/usr/bin/chromium'),
  'no C compiler': () => !succeeds('gcc', '--version'),
  'no PostgreSQL': () => !hasPostgres(),
  'no BTF': () => !existsSync('/sys/kernel/btf/vmlinux'),
  'no eBPF': () => !hasEbpfCapabilities(),
  'no uprobe_multi': () => !hasEbpfCapabilities() || !hasUprobeMulti(),
  'no zsh': () => !succeeds('zsh', '--version'),
  'no fish': () => !succeeds('fish', '--version'),
  'no man': () => !succeeds('man', '--version'),
  'no systemd-analyze': () => !succeeds('systemd-analyze', '--version'),
  'no promtool': () => !succeeds('promtool', '--version'),
  'no Prometheus': () => !succeeds('prometheus', '--version'),
  'not root': () => process.getuid() !== 0,
};
