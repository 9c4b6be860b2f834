import { compareBytes } from '../../probes/similar-names.ts';
import type { FunctionSymbol } from '../program.ts';

const SHOWN_PRAGMAS = ['bpf', 'guru', 'myproc-unprivileged', 'unprivileged'];
const VERBOSE_PRAGMAS = ['pure', 'stable', 'unmangled', 'unmodified-fnargs'];

/**
 * The lines of `stap --dump-functions`: `name:type (arg:type, …)` and the pragmas that matter to callers, sorted.
 * A function that cannot be had is marked `unavailable`. With `verbose` also functions whose names begin with `_`, and the pragmas for the optimiser. Takes the functions
 * after type inference.
 */
export function listFunctions(functions: readonly FunctionSymbol[], verbose: boolean): readonly string[] {
  const shown = verbose ? [...SHOWN_PRAGMAS, ...VERBOSE_PRAGMAS] : SHOWN_PRAGMAS;
  return functions
    .filter(({ name }) => verbose || !name.startsWith('_'))
    .map((symbol) => {
      const parameters = symbol.parameters.map((parameter) => `${parameter.name}:${parameter.type}`);
      const pragmas = (symbol.pragmas ?? []).filter((pragma) => shown.includes(pragma));
      const known = symbol.body.kind === 'unavailable' ? ['unavailable'] : [];
      const tags = [...pragmas, ...known].sort(compareBytes).map((pragma) => ` /* ${pragma} */`);
      return `${symbol.name}:${symbol.returnType} (${parameters.join(', ')})${tags.join('')}`;
    })
    .sort(compareBytes);
}
