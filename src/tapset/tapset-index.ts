import type { FunctionDeclaration, ScriptFile } from '../ast/declaration.ts';

/** What one library script defines. Names that are private to the file are left out. */
export interface TapsetScriptEntry {
  readonly path: string;
  readonly functions: readonly TapsetFunction[];
  readonly globals: readonly string[];
  /** Dotted names. */
  readonly aliases: readonly string[];
  /** Has probes of its own, which join the program when the file is used. */
  readonly standalone: boolean;
}

export interface TapsetFunction {
  readonly name: string;
  readonly arity: number;
  /** Only SystemTap itself can run it: its body is embedded C, or says that this program has no answer. */
  readonly foreign?: true;
}

/** The library macros that one `.stpm` file defines. */
export interface TapsetMacroEntry {
  readonly path: string;
  readonly macros: readonly string[];
}

/** Contents of a script library by name, in search order; plain data that can be kept as JSON. */
export interface TapsetIndex {
  readonly scripts: readonly TapsetScriptEntry[];
  readonly macroFiles: readonly TapsetMacroEntry[];
}

/** A library file with its text as a byte string. */
export interface TapsetFile {
  readonly path: string;
  readonly text: string;
}

/** How the files are read; `undefined` for a file that cannot be parsed, which is then left out. */
export interface TapsetParser {
  script(file: TapsetFile): ScriptFile | undefined;
  macroNames(file: TapsetFile): readonly string[] | undefined;
}

/** Indexes library files: `.stpm` files by their macros, all others as scripts. Keeps the order of the files. */
export function buildTapsetIndex(files: readonly TapsetFile[], parser: TapsetParser): TapsetIndex {
  const scripts: TapsetScriptEntry[] = [];
  const macroFiles: TapsetMacroEntry[] = [];
  for (const file of files) {
    if (file.path.endsWith('.stpm')) {
      const macros = parser.macroNames(file);
      if (macros !== undefined) macroFiles.push({ path: file.path, macros });
    } else {
      const script = parser.script(file);
      if (script !== undefined) scripts.push(indexScript(file.path, script));
    }
  }
  return { scripts, macroFiles };
}

/** One index of several libraries; earlier ones are searched first. */
export function joinTapsetIndexes(indexes: readonly TapsetIndex[]): TapsetIndex {
  return {
    scripts: indexes.flatMap((index) => index.scripts),
    macroFiles: indexes.flatMap((index) => index.macroFiles),
  };
}

function indexScript(path: string, script: ScriptFile): TapsetScriptEntry {
  return {
    path,
    functions: script.functions
      .filter((declaration) => !declaration.isPrivate)
      .map((declaration) => ({
        name: declaration.name,
        arity: declaration.parameters.length,
        ...(isForeign(declaration) && { foreign: true as const }),
      })),
    globals: script.globals.filter(({ isPrivate }) => !isPrivate).map(({ name }) => name),
    aliases: script.aliases.map((alias) => alias.name.components.map(({ name }) => name).join('.')),
    standalone: script.probes.length > 0,
  };
}

/** An embedded body that can be run names a function of the run time. */
function isForeign(declaration: FunctionDeclaration): boolean {
  return declaration.body.kind === 'embedded-code' && !/\bintrinsic\s+\w+/.test(declaration.body.code);
}
