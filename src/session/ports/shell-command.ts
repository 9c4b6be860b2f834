import type { Environment } from './environment.ts';

/** Starts `sh -c command` with this process's standard streams and does not wait for it, as system() promises. */
export function startShellCommand(command: string, environment: Environment): void {
  // Few scripts need it, and it takes 3 ms to load.
  const { spawn } = process.getBuiltinModule('node:child_process');
  const text = Buffer.from(command, 'latin1').toString();
  const child = spawn('/bin/sh', ['-c', text], { stdio: 'inherit', env: environment });
  child.on('error', () => undefined);
  child.unref();
}
