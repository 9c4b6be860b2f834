import type { ProbePoint } from '../ast/declaration.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import type { Token } from '../source/token.ts';
import { pointError } from './point-error.ts';
import { pointToken } from './point-text.ts';
import { hasComponent, numberArgument, stringArgument, type ProbeFamily } from './probe-family.ts';
import { expandProcfsValue } from './procfs-value.ts';

/** Name of the file when the point gives none. */
const DEFAULT_PATH = 'command';

/** `procfs[("PATH")][.umask(N)].read[.maxsize(N)]` and `….write` (stapprobes(3stap), PROCFS). */
export const PROCFS_FAMILY: ProbeFamily = {
  name: 'procfs',
  patterns: ['procfs', 'procfs(string)'].flatMap((file) =>
    [file, `${file}.umask(number)`].flatMap((start) => [
      `${start}.read`,
      `${start}.read.maxsize(number)`,
      `${start}.write`,
    ]),
  ),
  unprivileged: false,
  build: procfsEvent,
  expandContext: (body, event, names) =>
    expandProcfsValue(body, event.family === 'procfs' && event.access === 'write' ? 'write' : 'read', names),
};

function procfsEvent(point: ProbePoint): ProbeEvent {
  const path = stringArgument(point, 'procfs');
  if (path !== undefined) checkPath(path, pointToken(point));
  const maxSize = numberArgument(point, 'maxsize');
  if (maxSize !== undefined && maxSize <= 0)
    throw pointError('procfs-maxsize', 'maxsize must be greater than 0');
  const umask = numberArgument(point, 'umask');
  return {
    family: 'procfs',
    access: hasComponent(point, 'write') ? 'write' : 'read',
    path: path ?? DEFAULT_PATH,
    ...(umask !== undefined && { umask }),
    ...(maxSize !== undefined && { maxSize }),
  };
}

/** Left to right, and only then the last component: `/` cannot start, `a/` cannot end, `` cannot end. */
function checkPath(path: string, token: Token): void {
  const components = path.split('/');
  const last = components.pop() ?? '';
  for (const [index, component] of components.entries()) {
    if (component === '')
      throw index === 0
        ? pointError('procfs-path-start', "procfs path cannot start with a '/'", token)
        : pointError('procfs-path-empty', 'procfs path component cannot be empty', token);
    checkNotRelative(component, token);
  }
  if (last === '') throw pointError('procfs-path-end', "procfs path cannot end with a '/'", token);
  checkNotRelative(last, token);
}

function checkNotRelative(component: string, token: Token): void {
  if (component === '.' || component === '..')
    throw pointError(
      'procfs-path-relative',
      "procfs path cannot be relative (and contain '.' or '..')",
      token,
    );
}
