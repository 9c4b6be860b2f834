import { readdirSync, readFileSync } from 'node:fs';
import type { UsedFile } from '../../stapmod/stapmod.ts';
import {
  BUILT_INDEX_NAME,
  builtInPath,
  findLibraryFiles,
  searchPath,
  type LibraryPlaces,
} from './library-places.ts';
import { usedFile } from './used-file.ts';
import { DiagnosticLog } from '../../diagnostic/log.ts';
import type { ScriptFile } from '../../ast/declaration.ts';
import type { DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import { mergeMacroTables, type MacroTable } from '../../parse/macro-table.ts';
import { parseOptions, type ParseOptions } from '../../parse/parse-options.ts';
import { parseMacroFile, parseScript } from '../../parse/parse-script.ts';
import { createLibrary } from '../../tapset/create-library.ts';
import type { Library } from '../../tapset/library.ts';
import type { SearchedDirectory } from '../../tapset/tapset-files.ts';
import {
  buildTapsetIndex,
  joinTapsetIndexes,
  type TapsetFile,
  type TapsetIndex,
} from '../../tapset/tapset-index.ts';

/** Where a session looks for library scripts, and how it parses them. */
export interface LibrarySources extends LibraryPlaces {
  /** As for the user's script, without library macros. */
  readonly parse: ParseOptions;
  /** Gets what is wrong with library files; that does not make a pass fail. */
  readonly sink: DiagnosticSink;
}

/** The library of a session and the macros of its .stpm files. */
export interface OpenedLibrary {
  readonly library: Library;
  readonly macros: Pick<MacroTable, 'get'>;
  /** For the lines of pass 1 at verbosity 2. */
  readonly searched: readonly SearchedDirectory[];
  /** The files that were parsed because something of theirs is needed, so far. */
  usedFiles(): readonly UsedFile[];
}

/**
 * Opens the script library. The one that comes with the program was indexed when it was built; those of -I and of
 * the environment are indexed now. Files are parsed when something of theirs is needed.
 */
export function openLibrary(sources: LibrarySources): OpenedLibrary {
  const builtIn = builtInPath(sources);
  const { others, withBuiltIn } = searchPath(sources);
  const { index: otherIndex, searched } = indexDirectories(others, sources);
  const builtIndex = withBuiltIn ? readBuiltIndex(sources.directory) : undefined;
  const index = builtIndex === undefined ? otherIndex : joinTapsetIndexes([builtIndex, otherIndex]);
  const used = new Map<string, UsedFile>();
  const readUsed = (path: string): TapsetFile => {
    // Before it is read: a change that comes between is seen later.
    const file = usedFile(path);
    if (file !== undefined) used.set(path, file);
    return readFile(path);
  };
  const macros = macroLookup(index, sources, readUsed);
  const libraryOptions: ParseOptions = {
    ...sources.parse,
    privileged: true,
    scriptArguments: [],
    libraryMacros: macros,
  };
  const library = createLibrary(index, (file) =>
    parseLibraryFile(readUsed(file), libraryOptions, sources.sink),
  );
  return {
    library,
    macros,
    searched: [...builtInDirectory(builtIn, builtIndex), ...searched],
    usedFiles: () => [...used.values()],
  };
}

/** The built-in library is not searched at run time; its index tells what was found. */
function builtInDirectory(directory: string, index: TapsetIndex | undefined): readonly SearchedDirectory[] {
  if (index === undefined) return [];
  const paths = index.scripts.map(({ path }) => path);
  return [{ directory, found: paths.length, paths, duplicates: [] }];
}

/** Index of the tapset/ directory of an installation, as text for its built form; paths are relative to it. */
export function builtIndexText(directory: string): string {
  const silent = new DiagnosticLog({ write: (text) => process.stderr.write(text) });
  const names = readdirSync(`${directory}/tapset`, { recursive: true, encoding: 'latin1' }).sort();
  const files = names
    .filter((name) => /\.stpm?$/.test(name))
    .map((name) => ({ path: `tapset/${name}`, text: readFileSync(`${directory}/tapset/${name}`, 'latin1') }));
  return JSON.stringify(indexFiles(files, parseOptions(), silent));
}

function readBuiltIndex(directory: string): TapsetIndex {
  const relative = JSON.parse(readFileSync(`${directory}/dist/${BUILT_INDEX_NAME}`, 'utf8')) as TapsetIndex;
  const absolute = <Entry extends { readonly path: string }>(entry: Entry): Entry => ({
    ...entry,
    path: `${directory}/${entry.path}`,
  });
  return { scripts: relative.scripts.map(absolute), macroFiles: relative.macroFiles.map(absolute) };
}

function indexDirectories(
  directories: readonly string[],
  sources: LibrarySources,
): { readonly index: TapsetIndex; readonly searched: readonly SearchedDirectory[] } {
  const found = findLibraryFiles(directories, sources.parse.facts);
  const files = found.flatMap(({ paths }) => paths).map((path) => ({ path, text: readFile(path).text }));
  return { index: indexFiles(files, sources.parse, sources.sink), searched: found };
}

function indexFiles(files: readonly TapsetFile[], options: ParseOptions, sink: DiagnosticSink): TapsetIndex {
  const macroTables = new Map(
    files
      .filter(({ path }) => path.endsWith('.stpm'))
      .map((file) => [
        file.path,
        parseMacroFile(librarySource(file), { ...options, privileged: true }, sink),
      ]),
  );
  const libraryMacros = mergeMacroTables([...macroTables.values()], sink);
  return buildTapsetIndex(files, {
    script: (file) => parseLibraryFile(file, { ...options, privileged: true, libraryMacros }, sink),
    macroNames: (file) => [...(macroTables.get(file.path)?.keys() ?? [])],
  });
}

function parseLibraryFile(
  file: TapsetFile,
  options: ParseOptions,
  sink: DiagnosticSink,
): ScriptFile | undefined {
  return parseScript(librarySource(file), options, sink);
}

/** Macros of an index; a file is parsed when one of its macros is first used. */
function macroLookup(
  index: TapsetIndex,
  sources: LibrarySources,
  read: (path: string) => TapsetFile,
): Pick<MacroTable, 'get'> {
  const options = { ...sources.parse, privileged: true };
  const tables = new Map<string, MacroTable>();
  const tableOf = (path: string): MacroTable => {
    const known = tables.get(path);
    if (known !== undefined) return known;
    const table = parseMacroFile(librarySource(read(path)), options, sources.sink);
    tables.set(path, table);
    return table;
  };
  return {
    get: (name) => {
      const file = index.macroFiles.find(({ macros }) => macros.includes(name));
      return file === undefined ? undefined : tableOf(file.path).get(name);
    },
  };
}

function librarySource(file: TapsetFile): {
  readonly name: string;
  readonly text: string;
  readonly origin: 'library';
} {
  return { name: file.path, text: file.text, origin: 'library' };
}

function readFile(path: string): TapsetFile {
  return { path, text: readFileSync(Buffer.from(path, 'latin1'), 'latin1') };
}
