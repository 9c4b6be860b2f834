import { findModule, listModules } from '../registry/module-list.ts';
import { realRoot } from '../registry/real-root.ts';
import { endModule } from './end-module.ts';
import { shownText } from './shown-text.ts';

/** -EINVAL and -EPERM as exit statuses. */
const INVALID_STATUS = 234;
const NOT_PERMITTED_STATUS = 255;

/** Where the command says what it did. */
export interface DeleteOutput {
  readonly out: (line: string) => void;
  /** A message, without `ERROR: `. */
  readonly error: (text: string) => void;
}

/**
 * `staprun -d NAME`: ends a module that nobody is attached to, with its end probes. Resolves to the exit status when it
 * is gone. `root`: where the modules of this user are.
 */
export async function deleteModule(name: string, root: string, output: DeleteOutput): Promise<number> {
  const module = findModule([realRoot(root)], name);
  const outcome = module === undefined ? { kind: 'not-running' as const } : await endModule(module, false);
  switch (outcome.kind) {
    case 'ended':
      return 0;
    case 'not-running':
    case 'in-use':
      output.error(`Cannot attach to module ${name} control channel; not running?`);
      output.error(`'${name}' is not a zombie systemtap module.`);
      return INVALID_STATUS;
    case 'denied':
      output.error(`'${name}' is not a zombie systemtap module.`);
      return NOT_PERMITTED_STATUS;
    case 'no-answer':
    case 'still-ending':
      output.error(`Couldn't remove module '${name}': Resource temporarily unavailable.`);
      return 1;
    case 'refused':
      output.error(`Couldn't remove module '${name}': ${shownText(outcome.text)}.`);
      return 1;
  }
}

/** `staprun -d '*'`: ends all modules below `root` that nobody is attached to and that this user may end. */
export async function deleteAllModules(root: string, output: DeleteOutput): Promise<number> {
  for (const module of listModules([realRoot(root)]))
    if ((await endModule(module, false)).kind === 'ended') output.out(`Module ${module.entry.name} removed.`);
  return 0;
}
