import { printProbePoint } from '../../ast/print-script.ts';
import { allSyscallAliases } from '../../semantic/derive/syscall-aliases.ts';
import { listFunctions } from '../../semantic/listing/list-functions.ts';
import { listProbeAliases } from '../../semantic/listing/list-probe-aliases.ts';
import { listProbes } from '../../semantic/listing/list-probes.ts';
import { listProbeTypes } from '../../semantic/listing/list-probe-types.ts';
import type { DerivedProbe, FunctionSymbol } from '../../semantic/program.ts';
import type { Compilation, ParsedScripts } from './compilation.ts';
import { allLibraryFiles } from './parse-tree-dump.ts';
import type { Listing, StapOptions } from '../stap-options.ts';

/** The lines of -l, -L and the --dump options; undefined when the pattern does not parse. */
export function listingLines(
  compilation: Compilation,
  listing: Listing,
  options: StapOptions,
): readonly string[] | undefined {
  if (listing.kind === 'probe-types') return listProbeTypes(options.privilege !== 'stapusr');
  const parsed = compilation.parse();
  if (parsed === undefined) return undefined;
  switch (listing.kind) {
    case 'probe-aliases': {
      const aliases = [
        ...parsed.files.flatMap((file) => file.aliases),
        ...parsed.library.library.aliases('*'),
        ...allSyscallAliases(compilation.probeEnvironment().architecture ?? 'x86_64'),
      ];
      return listProbeAliases(aliases, options.verbosity[0] > 0, printProbePoint);
    }
    case 'functions':
      return listFunctions(allFunctions(compilation, parsed), options.verbosity[1] > 0);
    case 'probes':
      return listProbes(matchingProbes(compilation, parsed), {
        variables: listing.variables,
        verbosity: options.verbosity[1],
        pointText: printProbePoint,
      });
  }
}

/** The probes that the pattern stands for. */
function matchingProbes(
  compilation: Compilation,
  { files, library }: ParsedScripts,
): readonly DerivedProbe[] {
  const probes = compilation.analyzeFiles(files, library)?.probes ?? [];
  // Library files that were pulled in bring probes of their own; nobody asked for these.
  return probes.filter(({ declaration }) => declaration.token.file.origin === 'script');
}

/** The functions of the library with their types: all of them, called by a probe that asks nothing of the types. */
function allFunctions(compilation: Compilation, { library }: ParsedScripts): readonly FunctionSymbol[] {
  const declarations = [...allLibraryFiles(library.library)]
    .flatMap((file) => file.functions)
    .filter(({ isPrivate }) => !isPrivate);
  const calls = declarations.map(({ name, parameters }, index) => {
    const args = parameters.map((_, position) => `argument_${index}_${position}`);
    return `${name}(${args.join(', ')})`;
  });
  const text = `probe begin { ${calls.join('; ')} }`;
  const file = compilation.parseText({ name: '<input>', text, origin: 'script' });
  const program = file === undefined ? undefined : compilation.analyzeFiles([file], library);
  return program?.functions ?? [];
}
