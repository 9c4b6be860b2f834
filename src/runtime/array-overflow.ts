import type { AssociativeArrayOptions } from './associative-array.ts';
import { ScriptError } from './handler-context.ts';

/** What happens when an array that does not wrap has no room for another element. */
export function overflowError({
  overflowMessage,
  sizeDeclared,
  maxEntries,
}: AssociativeArrayOptions): ScriptError {
  return new ScriptError(
    overflowMessage ??
      (sizeDeclared
        ? `Array overflow, check size limit (${maxEntries})`
        : 'Array overflow, check MAXMAPENTRIES'),
  );
}
