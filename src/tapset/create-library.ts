import type { AliasDeclaration, ScriptFile } from '../ast/declaration.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { Library } from './library.ts';
import type { TapsetIndex, TapsetScriptEntry } from './tapset-index.ts';

/**
 * A library over an index. `parseFile` gets a path of the index and returns the parsed file, or undefined (after
 * reporting why) when that is not possible; it is called at most once per path, when something of the file is
 * first asked for.
 */
export function createLibrary(
  index: TapsetIndex,
  parseFile: (path: string) => ScriptFile | undefined,
): Library {
  const names = collectNames(index);
  const parsed = new Map<string, ScriptFile | undefined>();
  const aliasFiles = new Map<AliasDeclaration, ScriptFile>();
  const parse = (path: string): ScriptFile | undefined => {
    if (!parsed.has(path)) {
      const file = parseFile(path);
      parsed.set(path, file);
      for (const alias of file?.aliases ?? []) if (file) aliasFiles.set(alias, file);
    }
    return parsed.get(path);
  };
  const parseAll = (paths: Iterable<string>): readonly ScriptFile[] =>
    [...paths].map(parse).filter((file) => file !== undefined);

  return {
    filesOfFunction: (name) =>
      parseAll(names.functions.get(name) ?? []).filter((file) =>
        file.functions.some((declaration) => declaration.name === name && !declaration.isPrivate),
      ),
    fileOfGlobal: (name) =>
      parseAll(names.globals.get(name) ?? []).find((file) =>
        file.globals.some((declaration) => declaration.name === name && !declaration.isPrivate),
      ),
    aliases: (firstComponent) =>
      parseAll(pathsOfAliases(names.aliases, firstComponent))
        .flatMap((file) => file.aliases)
        .filter((alias) => firstComponent === '*' || alias.name.components[0]?.name === firstComponent),
    fileOfAlias: (alias) => {
      const file = aliasFiles.get(alias);
      if (file === undefined) throw new BugError('an alias that no library file defines');
      return file;
    },
    functionNames: () => [...names.functions.keys()],
    usableFunctionNames: () => names.usable,
    globalNames: () => [...names.globals.keys()],
    aliasNames: () => names.aliasNames,
    size: index.scripts.length,
  };
}

interface Names {
  /** Paths by name, in search order. */
  readonly functions: ReadonlyMap<string, ReadonlySet<string>>;
  readonly usable: readonly string[];
  readonly globals: ReadonlyMap<string, ReadonlySet<string>>;
  /** Paths by first component. */
  readonly aliases: ReadonlyMap<string, ReadonlySet<string>>;
  readonly aliasNames: readonly string[];
}

function collectNames(index: TapsetIndex): Names {
  const functions = new Map<string, Set<string>>();
  const globals = new Map<string, Set<string>>();
  const aliases = new Map<string, Set<string>>();
  const aliasNames = new Set<string>();
  const usable = usableFunctions(index.scripts);
  for (const script of index.scripts) {
    for (const { name, foreign } of script.functions)
      if (foreign !== true || !usable.has(name)) addPath(functions, name, script.path);
    for (const name of script.globals) addPath(globals, name, script.path);
    for (const name of script.aliases) {
      aliasNames.add(name);
      addPath(aliases, name.split('.')[0] ?? name, script.path);
    }
  }
  return { functions, usable: [...usable], globals, aliases, aliasNames: [...aliasNames] };
}

/** Functions with at least one body this program can run: embedded C of another library must not get in their way. */
function usableFunctions(scripts: readonly TapsetScriptEntry[]): ReadonlySet<string> {
  return new Set(
    scripts.flatMap(({ functions }) =>
      functions.filter(({ foreign }) => foreign !== true).map(({ name }) => name),
    ),
  );
}

function addPath(paths: Map<string, Set<string>>, name: string, path: string): void {
  const known = paths.get(name);
  if (known === undefined) paths.set(name, new Set([path]));
  else known.add(path);
}

function pathsOfAliases(
  aliases: ReadonlyMap<string, ReadonlySet<string>>,
  firstComponent: string,
): ReadonlySet<string> {
  if (firstComponent !== '*') return aliases.get(firstComponent) ?? new Set();
  return new Set([...aliases.values()].flatMap((paths) => [...paths]));
}
