import { addBuiltinFamilies } from '../../probes/builtin-families.ts';
import { PatternTree } from '../../probes/pattern-tree.ts';
import { unknownEnvironment } from '../../probes/unknown-kernel.ts';

/** The lines of `stap --dump-probe-types`; `privileged` is false for `--privilege=stapusr`. */
export function listProbeTypes(privileged: boolean): readonly string[] {
  const tree = new PatternTree<never>(privileged);
  addBuiltinFamilies(tree, unknownEnvironment('only names are listed'));
  return tree.patterns();
}
