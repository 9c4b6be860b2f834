/** The sections of a module, in the order of their tabs. */
export const SECTIONS = ['overview', 'files', 'probes', 'output', 'source'] as const;
export type Section = (typeof SECTIONS)[number];

/** What the page shows; it is in the fragment of the address, so that the browser's back key works. */
export interface Route {
  /** Undefined: the list, or the only module. */
  readonly module: string | undefined;
  readonly section: Section;
  /** Of the section files. */
  readonly file: string | undefined;
}

/** The token that an address brings along: `#token=…`, in which any character may be written as `%XX`. */
export function tokenIn(fragment: string): string | undefined {
  const token = /^#token=([\w.~+/=%-]+)$/.exec(fragment)?.[1];
  return token === undefined ? undefined : decoded(token);
}

/** Reads `#/MODULE/SECTION/FILE`; what is not understood is the start. */
export function routeOf(fragment: string): Route {
  const [module = '', section = '', ...file] = fragment
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decoded);
  return {
    module: module === '' || module.includes('=') ? undefined : module,
    section: SECTIONS.find((one) => one === section) ?? 'overview',
    file: file.length === 0 ? undefined : file.join('/'),
  };
}

/** The fragment of a route. */
export function fragmentOf({ module, section, file }: Route): string {
  if (module === undefined) return '#/';
  const path = section === 'files' && file !== undefined ? file.split('/') : [];
  return `#/${[module, section, ...path].map(encodeURIComponent).join('/')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
