import { writeFileSync } from 'node:fs';

/** `ps` and `killall` shall know this process by that name; unlike process.title this leaves the command line alone. */
export function nameProcess(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name);
  } catch {
    // Only a convenience.
  }
}
