import type { ScriptFile } from '../../ast/declaration.ts';
import { printScript } from '../../ast/print-script.ts';
import type { Library } from '../../tapset/library.ts';

/** What -p1 prints: the user's files, with `library` also every file of the library. */
export function parseTreeDump(files: readonly ScriptFile[], library: Library | undefined): string {
  const all = library === undefined ? files : [...files, ...allLibraryFiles(library)];
  return `# parse tree dump\n${all.map((file) => printScript(file)).join('')}`;
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
