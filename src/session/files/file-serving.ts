import { userInfo } from 'node:os';
import { moduleRoot } from './module-root.ts';
import type { FileServing } from './serve-files.ts';
import { workingDirectory } from '../ports/working-directory.ts';
import type { StapOptions } from '../stap-options.ts';
import type { Environment } from '../ports/environment.ts';

/** How and where a session serves its files. */
export function fileServing(
  options: Pick<StapOptions, 'procfsMethod' | 'procfsRoot' | 'procfsGroup'>,
  environment: Environment,
): FileServing {
  const place = [environment, process.getuid?.() ?? 0, workingDirectory()] as const;
  return {
    method: options.procfsMethod,
    root: moduleRoot(options.procfsRoot, ...place),
    fifoRoot: chosenRoot(options.procfsRoot, environment)
      ? moduleRoot(options.procfsRoot, ...place)
      : `/var/tmp/systemtap-${effectiveUserName()}`,
    group: options.procfsGroup,
  };
}

function chosenRoot(option: string | undefined, environment: Environment): boolean {
  return (option ?? environment['STAP_PROCFS_ROOT'] ?? '') !== '';
}

/** Name of the effective user, its number where it has no name. */
function effectiveUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.() ?? 0);
  }
}
