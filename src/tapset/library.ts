import type { AliasDeclaration, ScriptFile } from '../ast/declaration.ts';

/**
 * The script library: tapset files found by directory, indexed by what they define. Files are parsed when
 * something of theirs is first asked for, so compile time does not grow with the library.
 */
export interface Library {
  /** Files that define a function of that name, in search order. */
  filesOfFunction(name: string): readonly ScriptFile[];
  /** File that defines a non-private global of that name. */
  fileOfGlobal(name: string): ScriptFile | undefined;
  /** All aliases whose first component could match (`*` matches every alias). */
  aliases(firstComponent: string): readonly AliasDeclaration[];
  /** File an alias came from. */
  fileOfAlias(alias: AliasDeclaration): ScriptFile;
  /** All names, for "similar:" suggestions and dumps. */
  functionNames(): readonly string[];
  /** Those of the functions that a script can call with success. */
  usableFunctionNames(): readonly string[];
  globalNames(): readonly string[];
  aliasNames(): readonly string[];
  /** Number of library scripts known, for the "Pass 1: parsed user script and N library scripts" line. */
  readonly size: number;
}
