import type { AliasDeclaration, ScriptFile } from '../../ast/declaration.ts';
import type { Block } from '../../ast/statement.ts';
import type { Diagnostic, DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import { addBuiltinFamilies } from '../../probes/builtin-families.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import { PatternTree } from '../../probes/pattern-tree.ts';
import { pointDiagnostic } from '../../probes/point-error.ts';
import { syscallFamily } from '../../probes/syscall-family.ts';
import type { Library } from '../../tapset/library.ts';
import { lazySyscallList, SYSCALL_ROOTS, syscallAliases, variableMentions } from './syscall-aliases.ts';

/** An alias name in the tree of probe points; its declarations are looked up when the name is used. */
export interface AliasBinding {
  /** `builtin`: made by the compiler, in no file. */
  readonly origin: 'library' | 'script' | 'builtin';
  /** For a probe with that handler; variables of the alias that it does not mention may be left out. */
  declarations(body: Block): readonly AliasDeclaration[];
}

export interface PatternTreeOptions {
  readonly scripts: readonly ScriptFile[];
  readonly library: Library;
  readonly sink: DiagnosticSink;
  readonly privileged?: boolean;
  readonly aliasSuffixes?: boolean;
  /** What kernel and process probes are about. */
  readonly environment: ProbeEnvironment;
}

/**
 * The tree of all probe points that a script may use. Aliases come before built-in points of the same name, those
 * of the library before the user's. Aliases that cannot be registered are reported.
 */
export function buildPatternTree(options: PatternTreeOptions): PatternTree<AliasBinding> {
  const { library, scripts, sink } = options;
  const tree = new PatternTree<AliasBinding>(options.privileged ?? true, options.aliasSuffixes);
  for (const name of library.aliasNames()) {
    const names = name.split('.');
    const first = names[0] ?? name;
    tree.addAlias(names, {
      origin: 'library',
      declarations: () => library.aliases(first).filter((alias) => aliasName(alias) === name),
    });
  }
  for (const alias of scripts.flatMap((script) => script.aliases)) {
    const problem = aliasProblem(alias);
    if (problem === undefined)
      tree.addAlias(
        alias.name.components.map((component) => component.name),
        { origin: 'script', declarations: () => [alias] },
      );
    else
      sink.report(
        pointDiagnostic('while-registering-alias', 'while registering probe alias', alias.token, problem),
      );
  }
  const systemCalls = lazySyscallList(options.environment.architecture ?? 'x86_64');
  const isGlobal = globalNames(options);
  const mentions = variableMentions();
  for (const root of SYSCALL_ROOTS)
    tree.addAliasesBelow(root, () => syscallAliases(root, systemCalls(), { sink, isGlobal, mentions }));
  addBuiltinFamilies(tree, options.environment);
  tree.addFamily(syscallFamily(systemCalls, isGlobal));
  return tree;
}

/** Whether a name is that of a global variable, of the script or the library. */
function globalNames({ scripts, library }: PatternTreeOptions): (name: string) => boolean {
  let names: ReadonlySet<string> | undefined;
  return (name) => {
    names ??= new Set([
      ...scripts.flatMap((script) => script.globals.map((global) => global.name)),
      ...library.globalNames(),
    ]);
    return names.has(name);
  };
}

/** The dotted name of an alias. */
export function aliasName(alias: AliasDeclaration): string {
  return alias.name.components.map((component) => component.name).join('.');
}

function aliasProblem(alias: AliasDeclaration): Diagnostic | undefined {
  for (const component of alias.name.components) {
    if (component.argument !== undefined)
      return pointDiagnostic(
        'alias-parameter',
        `alias component ${component.name} contains illegal parameter`,
      );
    if (component.name.includes('*'))
      return pointDiagnostic('alias-wildcard', 'invalid use of wildcard probe point component');
  }
  return undefined;
}
