import type { Engine } from '../../runtime/engine.ts';
import { globalsJson } from '../../runtime/globals-json.ts';

/** Name of the file that `--json-files` adds to a module's directory. */
export const GLOBALS_FILE = '.globals.json';

/** Lets an engine serve its globals as JSON, to the module's owner. A file of that name that the script has stays. */
export function serveGlobals(engine: Engine, moduleName: string): void {
  engine.addFiles([
    {
      path: GLOBALS_FILE,
      mode: 0o400,
      read: () => ({ content: globalsJson(moduleName, new Date(), engine.globals()) }),
    },
  ]);
}
