/** Names of functions, marks and files as patterns of fnmatch(3): `*`, `?`, `[a-z]`, `[!a-z]`. */
export interface NamePattern {
  /** Is it more than one name? */
  readonly isWildcard: boolean;
  readonly matches: (name: string) => boolean;
}

/** Reads a pattern; a bracket that is not closed stands for itself. */
export function namePattern(pattern: string): NamePattern {
  if (!/[*?[]/.test(pattern)) return { isWildcard: false, matches: (name) => name === pattern };
  const regex = new RegExp(`^${patternSource(pattern)}$`, 's');
  return { isWildcard: true, matches: (name) => regex.test(name) };
}

function patternSource(pattern: string): string {
  return pattern.replace(
    /\*+|\?|\[(!|\^)?(\]?[^\]]*)\]|[^]/g,
    (text, not: string | undefined, set?: string) => {
      if (text.startsWith('*')) return '.*';
      if (text === '?') return '.';
      if (set !== undefined && set !== '') return `[${not === undefined ? '' : '^'}${characterSet(set)}]`;
      return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    },
  );
}

/** A range whose ends are in the wrong order stands for no character. */
function characterSet(set: string): string {
  const usable = set.replace(/([^])-([^])/g, (range, from: string, to: string) => (from > to ? '' : range));
  return usable.replace(/[\\\]^[]/g, '\\$&');
}
