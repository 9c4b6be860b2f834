import type { CompiledModule } from './compiled-module.ts';

/** JSON text of a module; integers beyond 2^53 become `{"int64":"…"}`. */
export function moduleText(module: CompiledModule): string {
  return JSON.stringify(module, (_key, value: unknown) =>
    typeof value === 'bigint' ? { int64: value.toString() } : value,
  );
}

/** The module that `moduleText` wrote. Throws a SyntaxError on other text, a RangeError on another format version. */
export function parseModuleText(text: string): CompiledModule {
  const parsed = JSON.parse(text, (_key, value: unknown) =>
    isLargeInteger(value) ? BigInt(value.int64) : value,
  ) as CompiledModule;
  // The text may come from another version of this program.
  if ((parsed.formatVersion as number) !== 1)
    throw new RangeError(`module format ${parsed.formatVersion} is not supported`);
  return parsed;
}

function isLargeInteger(value: unknown): value is { readonly int64: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'int64' in value &&
    typeof value.int64 === 'string' &&
    Object.keys(value).length === 1
  );
}
