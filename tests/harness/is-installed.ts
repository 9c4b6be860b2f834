import { execFileSync } from 'node:child_process';

/** Whether a program can be started; its version is asked for. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
