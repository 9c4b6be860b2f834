import { readdirSync, statSync } from 'node:fs';
import type { ConditionFacts } from '../../parse/parse-options.ts';
import type { UsedFile } from '../../stapmod/stapmod.ts';
import {
  findTapsetFiles,
  tapsetSearchPath,
  type SearchedDirectory,
  type TapsetDirectories,
} from '../../tapset/tapset-files.ts';
import { usedFile } from './used-file.ts';

/** File of dist/ that holds the index of the library that comes with this program. */
export const BUILT_INDEX_NAME = 'tapset-index.json';

/** Where to look for library scripts. */
export interface LibraryPlaces {
  /** Directory of the installation. */
  readonly directory: string;
  readonly includeDirectories: readonly string[];
  readonly tapsetVariable: string | undefined;
  readonly dataDirectories: string | undefined;
}

/** The library files that may be used, with size and time; those that come with the program by their index. */
export function availableLibraryFiles(places: LibraryPlaces, facts: ConditionFacts): readonly UsedFile[] {
  const { others, withBuiltIn } = searchPath(places);
  const builtIndex = withBuiltIn ? [`${places.directory}/dist/${BUILT_INDEX_NAME}`] : [];
  const found = others.length === 0 ? [] : findLibraryFiles(others, facts).flatMap(({ paths }) => paths);
  return [...builtIndex, ...found].flatMap((path) => usedFile(path) ?? []);
}

/** Directory of the library that comes with this program. */
export function builtInPath({ directory }: LibraryPlaces): string {
  return `${directory}/tapset`;
}

/** Where library scripts are looked for besides that directory, and whether it counts at all. */
export function searchPath(places: LibraryPlaces): {
  readonly others: readonly string[];
  readonly withBuiltIn: boolean;
} {
  const builtIn = builtInPath(places);
  const path = tapsetSearchPath({
    defaultDirectory: builtIn,
    includeDirectories: places.includeDirectories,
    tapsetVariable: places.tapsetVariable,
    dataDirectories: withoutSystemtapsOwn(places.dataDirectories),
  });
  const others = path.filter((directory) => directory !== builtIn);
  return { others, withBuiltIn: others.length < path.length };
}

/** SystemTap's own library is embedded C throughout; reading it would only cost time. */
function withoutSystemtapsOwn(dataDirectories: string | undefined): string | undefined {
  return dataDirectories
    ?.split(':')
    .filter((directory) => !/^\/usr(\/local)?\/share\/?$/.test(directory))
    .join(':');
}

/** The files with library scripts and macros in these directories, in search order. */
export function findLibraryFiles(
  directories: readonly string[],
  { kernelRelease, architecture }: ConditionFacts,
): readonly SearchedDirectory[] {
  return (['.stpm', '.stp'] as const).flatMap((suffix) =>
    findTapsetFiles(directories, suffix, { release: kernelRelease, architecture }, fileSystem),
  );
}

const fileSystem: TapsetDirectories = {
  list: (directory) => {
    try {
      return readdirSync(Buffer.from(directory, 'latin1'), 'latin1');
    } catch {
      return [];
    }
  },
  identity: (path) => {
    try {
      const status = statSync(Buffer.from(path, 'latin1'));
      return status.isFile() ? `${status.dev}:${status.ino}` : undefined;
    } catch {
      return undefined;
    }
  },
};
