import type { FunctionDeclaration, GlobalDeclaration, ScriptFile } from '../ast/declaration.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Library } from '../tapset/library.ts';

/** A declaration together with the file it stands in. */
export interface Declared<Declaration> {
  readonly declaration: Declaration;
  readonly file: ScriptFile;
}

/**
 * What names mean at a place of the program: declarations of the same file that are private, then those of all
 * script files, then those of the library.
 */
export class DeclarationIndex {
  readonly #library: Library;
  readonly #globals = new Map<string, Declared<GlobalDeclaration>>();
  readonly #functions = new Map<string, Declared<FunctionDeclaration>[]>();
  readonly #privateGlobals = new Map<SourceFile, Map<string, Declared<GlobalDeclaration>>>();
  readonly #privateFunctions = new Map<SourceFile, Map<string, Declared<FunctionDeclaration>[]>>();
  readonly #known = new Set<SourceFile>();

  constructor(userFiles: readonly ScriptFile[], library: Library) {
    this.#library = library;
    for (const file of userFiles) {
      this.addFile(file);
      for (const declaration of file.globals) {
        if (!declaration.isPrivate && !this.#globals.has(declaration.name))
          this.#globals.set(declaration.name, { declaration, file });
      }
      for (const declaration of file.functions) {
        if (!declaration.isPrivate) append(this.#functions, declaration.name, { declaration, file });
      }
    }
  }

  /** Makes the private declarations of a file visible to text of that file. */
  addFile(file: ScriptFile): void {
    if (this.#known.has(file.source)) return;
    this.#known.add(file.source);
    const globals = new Map<string, Declared<GlobalDeclaration>>();
    for (const declaration of file.globals) {
      if (declaration.isPrivate) globals.set(declaration.name, { declaration, file });
    }
    const functions = new Map<string, Declared<FunctionDeclaration>[]>();
    for (const declaration of file.functions) {
      if (declaration.isPrivate) append(functions, declaration.name, { declaration, file });
    }
    this.#privateGlobals.set(file.source, globals);
    this.#privateFunctions.set(file.source, functions);
  }

  /** The global that `name` means in text of `source`. */
  global(name: string, source: SourceFile): Declared<GlobalDeclaration> | undefined {
    const own = this.#privateGlobals.get(source)?.get(name) ?? this.#globals.get(name);
    if (own !== undefined) return own;
    const file = this.#library.fileOfGlobal(name);
    const declaration = file?.globals.find((global) => global.name === name && !global.isPrivate);
    return file && declaration && { declaration, file };
  }

  /** Functions of that name visible from `source`: private ones, those of the scripts, those of the library. */
  functions(name: string, source: SourceFile): readonly Declared<FunctionDeclaration>[] {
    const found = [
      ...(this.#privateFunctions.get(source)?.get(name) ?? []),
      ...(this.#functions.get(name) ?? []),
    ];
    for (const file of this.#library.filesOfFunction(name)) {
      for (const declaration of file.functions) {
        if (declaration.name === name && !declaration.isPrivate) found.push({ declaration, file });
      }
    }
    return found;
  }

  /** Names of all functions that can be called from anywhere, for suggestions. */
  functionNames(): readonly string[] {
    return [...this.#functions.keys(), ...this.#library.usableFunctionNames()];
  }
}

function append<Item>(map: Map<string, Item[]>, name: string, item: Item): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [item]);
  else list.push(item);
}
