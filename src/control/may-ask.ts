import { existingSafeDirectory } from '../fuse/safe-directory.ts';
import type { ListedModule } from '../registry/module-list.ts';

/** True when this user may use the control socket of that module. */
export function mayAsk(module: ListedModule): boolean {
  const uid = process.geteuid?.();
  return uid === 0 || uid === module.uid;
}

/**
 * Whose process has to be at the other end of that module's socket, for `ControlClient.connect`. Undefined: it need not be
 * asked, for nobody else can have put a socket into a home of our own in a directory of our own.
 */
export function askedUser({ uid, root }: ListedModule): number | undefined {
  return uid === process.geteuid?.() && existingSafeDirectory(root) === root ? undefined : uid;
}
