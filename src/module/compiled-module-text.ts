import type { CompiledModule } from './compiled-module.ts';
import { int64Replacer, int64Reviver } from './int64-json.ts';

/** JSON text of a module; integers beyond 2^53 become `{"int64":"…"}`. */
export function moduleText(module: CompiledModule): string {
  return JSON.stringify(module, int64Replacer);
}

/** The module that `moduleText` wrote. Throws a SyntaxError on other text, a RangeError on another format version. */
export function parseModuleText(text: string): CompiledModule {
  const parsed = JSON.parse(text, int64Reviver) as CompiledModule;
  // The text may come from another version of this program.
  if ((parsed.formatVersion as number) !== 3)
    throw new RangeError(`module format ${parsed.formatVersion} is not supported`);
  return parsed;
}
