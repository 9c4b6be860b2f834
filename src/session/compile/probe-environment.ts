import { readFileSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import type { KernelFacts, ProbeEnvironment } from '../../probes/kernel-facts.ts';
import { unknownKernel } from '../../probes/unknown-kernel.ts';
import type { KeptFiles } from '../../symbols/kernel-btf.ts';
import { programFacts } from '../../symbols/program-facts.ts';
import { runningKernel } from '../../symbols/running-kernel.ts';
import { keptFiles } from '../cache/kept-files.ts';
import type { Environment } from '../ports/environment.ts';
import type { StapOptions } from '../stap-options.ts';

/** Where programs are looked for when the environment does not say. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What decides the environment of probes on a command line. */
export type ProbeEnvironmentOptions = Pick<StapOptions, 'command' | 'targetPid' | 'guru' | 'scriptCache'> & {
  /** Release that the script is compiled for. */
  readonly kernelRelease: string;
  readonly environment: Environment;
  /** What tries how functions of the running kernel can be probed; undefined when it was not loaded. */
  readonly functionProbes: ((kernel: KernelFacts) => ReturnType<KernelFacts['functionProbes']>) | undefined;
};

/** What kernel and process probes of a session are about. Nothing of it is read before a probe asks. */
export function probeEnvironment(options: ProbeEnvironmentOptions): ProbeEnvironment {
  const { command, targetPid, guru, kernelRelease, environment, scriptCache, functionProbes } = options;
  const kept = (): KeptFiles | undefined => (scriptCache === 'off' ? undefined : keptFiles(environment));
  return {
    kernel: kernelOfRelease(kernelRelease, kept, functionProbes),
    programs: programFacts({ path: environment['PATH'] ?? DEFAULT_PATH }),
    target: {
      ...(command !== undefined && { command }),
      ...(targetPid !== undefined && { pid: targetPid }),
    },
    guru,
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    mayProbe,
  };
}

/** CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN for both: linux/capability.h. */
function mayProbe(): boolean {
  const status = readFileSync('/proc/self/status', 'latin1');
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`);
  const has = (capability: bigint): boolean => ((effective >> capability) & 1n) === 1n;
  return has(21n) || (has(38n) && has(39n));
}

function kernelOfRelease(
  release: string,
  kept: () => KeptFiles | undefined,
  tried: ProbeEnvironmentOptions['functionProbes'],
): KernelFacts {
  const running = runningRelease();
  if (release === running) {
    const kernel: KernelFacts = runningKernel({
      kept,
      ...(tried && { functionProbes: () => tried(kernel) }),
    });
    return kernel;
  }
  return unknownKernel(
    release,
    `kernel probes are for the running kernel, ${running}; nothing is known about ${release}`,
  );
}
