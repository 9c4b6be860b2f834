import type { ContextNames } from '../../probes/probe-family.ts';

/**
 * Names for the functions that stand for context variables, `__private__input___procfs_value_set1`: the number
 * counts all uses of the script, and further uses of the same kind in a file share the name of the first.
 */
export function createContextNames(): ContextNames {
  const names = new Map<string, string>();
  let uses = 0;
  return (fileName, kind) => {
    uses++;
    const prefix = `__private_${fileName.replace(/[^A-Za-z0-9_]/g, '_')}__${kind}`;
    const known = names.get(prefix);
    if (known !== undefined) return known;
    const name = `${prefix}${uses}`;
    names.set(prefix, name);
    return name;
  };
}
