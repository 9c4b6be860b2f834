// When a test is allowed to be skipped, decided apart from the test itself: tests/expected-skips.json names these.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

function succeeds(command, ...commandArguments) {
  try {
    execFileSync(command, commandArguments, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Condition name -> whether it holds on this machine. */
export const skipConditions = {
  'no SystemTap installed': () => !succeeds('sh', '-c', 'command -v stap && ls -d /lib/modules/*/build'),
  'not root': () => process.getuid() !== 0,
  'no /dev/fuse': () => !existsSync('/dev/fuse'),
};
