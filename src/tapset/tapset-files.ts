/** The part of a file system that finding library files needs. Paths are byte strings. */
export interface TapsetDirectories {
  /** Names in a directory, in any order; empty when it cannot be read. */
  list(directory: string): readonly string[];
  /** Equal for two paths of the same file (device and inode); undefined when there is no such regular file. */
  identity(path: string): string | undefined;
}

/** What selects the sub-directories of a library directory. */
export interface TapsetVariant {
  /** Kernel release, `6.1.0-56-amd64`. */
  readonly release: string;
  /** `x86_64` */
  readonly architecture: string;
}

/** Environment and options that name library directories. */
export interface TapsetSearch {
  /** The library that comes with this program. */
  readonly defaultDirectory: string;
  /** `-I DIR`, in the order given. */
  readonly includeDirectories: readonly string[];
  /** SYSTEMTAP_TAPSET: replaces the default directory. */
  readonly tapsetVariable?: string | undefined;
  /** XDG_DATA_DIRS: `DIR/systemtap/tapset` of each entry is searched too. */
  readonly dataDirectories?: string | undefined;
}

/** Library directories in search order (stap(1), ENVIRONMENT and -I). */
export function tapsetSearchPath(search: TapsetSearch): readonly string[] {
  const data = (search.dataDirectories ?? '').split(':').filter((directory) => directory !== '');
  return [
    search.tapsetVariable ?? search.defaultDirectory,
    ...data.map((directory) => `${directory}/systemtap/tapset`),
    ...search.includeDirectories,
  ];
}

/**
 * The directories of one library directory in search order: the run-time specific ones first, then by version from
 * the full release to none, with the architecture before without it.
 */
export function tapsetSubdirectories(directory: string, variant: TapsetVariant): readonly string[] {
  const versions = [...releasePrefixes(variant.release), undefined];
  return ['linux', undefined].flatMap((runtime) =>
    versions.flatMap((version) =>
      [variant.architecture, undefined].map((architecture) =>
        [directory, runtime, version, architecture].filter((part) => part !== undefined).join('/'),
      ),
    ),
  );
}

/** `6.1.0-56-amd64` -> itself, `6.1.0`, `6.1`, `6` */
function releasePrefixes(release: string): readonly string[] {
  const prefixes = [release];
  let prefix = /^[^-]*/.exec(release)?.[0] ?? '';
  while (prefix !== '') {
    if (!prefixes.includes(prefix)) prefixes.push(prefix);
    const dot = prefix.lastIndexOf('.');
    prefix = dot < 0 ? '' : prefix.slice(0, dot);
  }
  return prefixes;
}

/** What one directory of the search gave, for the verbose lines of pass 1. */
export interface SearchedDirectory {
  readonly directory: string;
  /** Files with the suffix. */
  readonly found: number;
  /** Paths to process: found files that are not duplicates. */
  readonly paths: readonly string[];
  readonly duplicates: readonly { readonly path: string; readonly reason: 'inode' | 'name' }[];
}

/**
 * The library files with a suffix (`.stp` or `.stpm`) in all directories of a search path. A file that was found
 * before by another path, or that has the same place below its library directory as an earlier one, is skipped.
 */
export function findTapsetFiles(
  searchPath: readonly string[],
  suffix: '.stp' | '.stpm',
  variant: TapsetVariant,
  files: TapsetDirectories,
): readonly SearchedDirectory[] {
  const identities = new Set<string>();
  const tails = new Set<string>();
  return searchPath.flatMap((library) =>
    tapsetSubdirectories(library, variant).map((directory) => {
      const names = files
        .list(directory)
        .filter((name) => name.endsWith(suffix))
        .sort();
      const paths: string[] = [];
      const duplicates: { path: string; reason: 'inode' | 'name' }[] = [];
      for (const name of names) {
        const path = `${directory}/${name}`;
        const identity = files.identity(path);
        const tail = path.slice(library.length);
        if (identity === undefined) continue;
        if (identities.has(identity)) duplicates.push({ path, reason: 'inode' });
        else if (tails.has(tail)) duplicates.push({ path, reason: 'name' });
        else paths.push(path);
        identities.add(identity);
        tails.add(tail);
      }
      return { directory, found: names.length, paths, duplicates };
    }),
  );
}
