import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether there is a C compiler to compare with. */
export function hasCompiler(): boolean {
  return spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Compiles a C program in a folder and returns its output for an input; text is one unit per byte. */
export function runCProgram(folder: string, source: string, input: string): string {
  const program = join(folder, 'reference');
  writeFileSync(`${program}.c`, source);
  execFileSync('gcc', ['-O1', '-fwrapv', '-w', '-o', program, `${program}.c`]);
  return execFileSync(program, { input: Buffer.from(input, 'latin1'), maxBuffer: 1 << 26 }).toString(
    'latin1',
  );
}
