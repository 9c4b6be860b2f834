import type { ScriptFile } from '../ast/declaration.ts';
import type { Callee, Variable } from '../ast/expression.ts';
import { printExpression } from '../ast/print-expression.ts';
import { printScript } from '../ast/print-script.ts';
import { printBlock } from '../ast/print-statement.ts';
import { printProgram } from '../semantic/print-program.ts';
import type { CheckedProgram } from '../semantic/program.ts';
import type { Library } from '../tapset/library.ts';

/** What -p1 prints: the user's files, with `library` also every file of the library. */
export function parseTreeDump(files: readonly ScriptFile[], library: Library | undefined): string {
  const all = library === undefined ? files : [...files, ...allLibraryFiles(library)];
  return `# parse tree dump\n${all.map((file) => printScript(file)).join('')}`;
}

/** What -p2 prints; with `bodies` also code, in which globals and functions have their internal names. */
export function programDump(program: CheckedProgram, bodies: boolean): string {
  const nameOf = (leaf: Variable | Callee): string => {
    if (leaf.kind === 'callee') return program.bindings.functions(leaf)[0]?.mangledName ?? leaf.name;
    const symbol = program.bindings.variable(leaf);
    return symbol.scope === 'global' ? symbol.mangledName : leaf.name;
  };
  return printProgram(
    program,
    {
      expression: (expression) => printExpression(expression, nameOf),
      block: (block) => printBlock(block, nameOf),
    },
    bodies,
  );
}

/** Every file of a library that defines anything, in search order of names. */
export function allLibraryFiles(library: Library): ReadonlySet<ScriptFile> {
  const files = new Set<ScriptFile>();
  for (const name of library.functionNames())
    for (const file of library.filesOfFunction(name)) files.add(file);
  for (const alias of library.aliases('*')) files.add(library.fileOfAlias(alias));
  for (const name of library.globalNames()) {
    const file = library.fileOfGlobal(name);
    if (file !== undefined) files.add(file);
  }
  return files;
}
