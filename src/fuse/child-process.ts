import { spawn } from 'node:child_process';

/** How a helper program ended. */
export interface ProgramResult {
  /** Exit status; undefined when it could not be started, was killed, or took too long. */
  readonly status: number | undefined;
  /** What it wrote to stderr. */
  readonly errorText: string;
  /** True when there is no such program. */
  readonly missing: boolean;
}

/**
 * Runs a small helper without blocking the event loop (which serves files meanwhile) and without a shell.
 * @param descriptor handed to the program as descriptor 3, if given
 */
export function runProgram(
  command: string,
  programArguments: readonly string[],
  options: { readonly timeoutMs: number; readonly env?: NodeJS.ProcessEnv; readonly descriptor?: number },
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(command, programArguments, {
      stdio: ['ignore', 'ignore', 'pipe', options.descriptor ?? 'ignore'],
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let errorText = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errorText += text));
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ status: undefined, errorText: error.message, missing: error.code === 'ENOENT' }),
    );
    child.on('close', (status) => resolve({ status: status ?? undefined, errorText, missing: false }));
  });
}
