import { readFileSync } from 'node:fs';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { KernelSurroundings } from '../../stapmod/stapmod.ts';
import type { StapOptions } from '../stap-options.ts';
import { usedFile } from './used-file.ts';

/** What the kernel half of a module depends on besides its inputs; undefined when it has none. */
export function kernelSurroundings(
  { kernel, probes }: CompiledModule,
  options: StapOptions,
): KernelSurroundings | undefined {
  if (kernel === undefined) return undefined;
  const paths = new Set<string>();
  for (const site of kernel.sites) if (site.kind === 'user') paths.add(site.path);
  for (const { event } of probes) {
    if (event.family === 'process' && event.path !== undefined) paths.add(event.path);
    if (event.family === 'perf' && event.process !== undefined && event.process !== '')
      paths.add(event.process);
  }
  return {
    decidedBy: kernelDecision(options),
    files: [...paths].sort().flatMap((path) => usedFile(path) ?? []),
  };
}

/** One line for everything but files: the running kernel with its build, the target, where programs are looked for. */
export function kernelDecision({ command, targetPid, bufferSizeMb }: StapOptions): string {
  return JSON.stringify([
    readFileSync('/proc/version', 'latin1').trim(),
    command ?? null,
    targetPid ?? null,
    bufferSizeMb ?? null,
    process.env['PATH'] ?? null,
  ]);
}
