import { realpathSync } from 'node:fs';

/** `root` without symbolic links, as the registry names directories; as it is when it cannot be followed. */
export function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch {
    return root;
  }
}
