import { addBuiltinFamilies } from '../../probes/builtin-families.ts';
import { PatternTree } from '../../probes/pattern-tree.ts';

/** The lines of `stap --dump-probe-types`; `privileged` is false for `--privilege=stapusr`. */
export function listProbeTypes(privileged: boolean): readonly string[] {
  const tree = new PatternTree<never>(privileged);
  addBuiltinFamilies(tree);
  return tree.patterns();
}
