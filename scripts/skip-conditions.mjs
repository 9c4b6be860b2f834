// When a test is allowed to be skipped, decided apart from the test itself: tests/expected-skips.json names these.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

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

/** Condition name -> whether it holds on this machine. */
export const skipConditions = {
  'no SystemTap installed': () => kernelHeadersRelease() === undefined || !succeeds('/usr/bin/stap', '-V'),
  'no C compiler': () => !succeeds('gcc', '--version'),
  'not root': () => process.getuid() !== 0,
};
