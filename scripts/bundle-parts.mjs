// Bundles the program in parts: `main`, which every start loads, and others, which are loaded by the `import()` that
// first needs them. Each module is in one part only, so that there is one of each class; what several parts share is in
// `main`. A part refers to a module of another one by `#PART/PATH`, which the loader resolves. Parts of the companion
// process get what no other part has: a run of a script is none the larger for them.
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';

const MAIN = 'main';
const MAIN_ENTRY = 'src/cli/main.ts';
const RARE = 'rare';
/** The part of a module that is loaded by `import()`, where that is not `rare`. */
const PART_OF_ENTRY = new Map([
  ['src/session/compile/compiler.ts', 'compiler'],
  ['src/session/compile/tapset-library.ts', 'compiler'],
  ['src/session/compile/listing.ts', 'compiler'],
  ['src/session/compile/parse-tree-dump.ts', 'compiler'],
  ['src/semantic/print-program.ts', 'compiler'],
  ['src/procfs/module-directory.ts', 'files'],
  ['src/session/ports/native-calls.ts', 'files'],
  ['src/fuse/supervisor.ts', 'files'],
  ['src/control/control-server.ts', 'files'],
  ['src/session/run/module-steering.ts', 'files'],
  ['src/bpf/loader/open-kernel-probes.ts', 'kernel'],
  ['src/symbols/symbol-names.ts', 'kernel'],
  ['src/session/compile/tried-function-probes.ts', 'kernel'],
  ['src/companion/companion-process.ts', 'publish'],
  ['src/cli/stap-companion.ts', 'web'],
  ['src/cli/serve-all.ts', 'web'],
  ['src/cli/stap-exporter.ts', 'web'],
  ['src/metrics/otlp.ts', 'otlp'],
]);
/** They take what is in no part before them, and give nothing to `main`. */
const GUESTS = ['web', 'otlp'];

/** Marks a question that a plugin asks itself. */
const RESOLVING = Symbol('resolving');

/** `import()` becomes a lazy `require`: V8 scripts have no module loader. */
const OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  supported: { 'dynamic-import': false },
  external: ['koffi', 're2js'],
  legalComments: 'none',
  logLevel: 'warning',
  write: false,
};
/** The function that the loader calls. */
const WRAPPER = {
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
};

/**
 * The text of each part by its name, `main` first, and the source files that are in them, relative to `root`; those of the
 * companion's parts apart.
 * `define`: constants, as esbuild takes them.
 */
export async function bundleParts(root, define) {
  const options = { ...OPTIONS, absWorkingDir: root, define };
  const { metafile } = await build({ ...options, entryPoints: [MAIN_ENTRY], metafile: true });
  const imports = importsOf(metafile);
  const partOf = partOfEach(imports);
  const texts = new Map();
  for (const part of new Set([MAIN, ...partOf.values()])) {
    const contents = entryText(part, imports, partOf);
    const result = await build({
      ...options,
      ...WRAPPER,
      stdin: { contents, resolveDir: root, sourcefile: `${part}.js` },
      plugins: [referToOtherParts(root, part, partOf)],
    });
    texts.set(part, result.outputFiles[0].contents);
  }
  const own = [...imports.keys()].filter((path) => !path.startsWith('node_modules/'));
  const isGuest = (path) => GUESTS.includes(partOf.get(path));
  return { texts, sources: own.filter((path) => !isGuest(path)), guestSources: own.filter(isGuest) };
}

/** By module: the modules it imports. */
function importsOf({ inputs }) {
  return new Map(
    Object.entries(inputs).map(([path, input]) => [
      path,
      input.imports
        .filter(({ external }) => external !== true)
        .map(({ path: target, kind }) => ({
          target,
          isLazy: kind === 'dynamic-import' && !path.startsWith('node_modules/'),
        })),
    ]),
  );
}

/** By module: its part. */
function partOfEach(imports) {
  const entries = new Map([[MAIN, [MAIN_ENTRY]]]);
  const lazy = new Set(
    [...imports.values()].flat().flatMap(({ target, isLazy }) => (isLazy ? [target] : [])),
  );
  for (const path of PART_OF_ENTRY.keys())
    if (!lazy.has(path)) throw new Error(`scripts/bundle-parts.mjs: no import() loads ${path}`);
  for (const target of lazy) {
    const part = PART_OF_ENTRY.get(target) ?? RARE;
    entries.set(part, [...(entries.get(part) ?? []), target]);
  }
  const partOf = new Map();
  for (const [part, paths] of entries)
    if (!GUESTS.includes(part))
      for (const path of reached(paths, imports)) partOf.set(path, partOf.has(path) ? MAIN : part);
  for (const part of GUESTS)
    for (const path of reached(entries.get(part) ?? [], imports))
      if (!partOf.has(path)) partOf.set(path, part);
  return partOf;
}

/** These modules, and all that are evaluated before them. */
function reached(entries, imports) {
  const found = new Set(entries);
  for (const path of found)
    for (const { target, isLazy } of imports.get(path)) if (!isLazy) found.add(target);
  return found;
}

/** A module that gives other parts what they need, by path; each module is evaluated when it is first asked for. */
function entryText(part, imports, partOf) {
  const needed = new Set();
  for (const [path, targets] of imports)
    for (const { target } of targets)
      if (partOf.get(target) === part && partOf.get(path) !== part) needed.add(target);
  const lines = [...needed].map((path) => `  '${path}': () => require('./${path}'),\n`);
  const main = part === MAIN ? `export { main, warmUp } from './${MAIN_ENTRY}';\n` : '';
  return `${main}export const modules = {\n${lines.join('')}};\n`;
}

function referToOtherParts(root, part, partOf) {
  return {
    name: 'parts',
    setup(build) {
      const refer = (target) => {
        const owner = partOf.get(target);
        if (owner === undefined || owner === part) return undefined;
        return { path: `#${owner}/${target}`, external: true };
      };
      build.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) =>
        refer(relative(root, resolve(resolveDir, path))),
      );
      if (!GUESTS.includes(part)) return;
      // Packages: where they are, esbuild knows.
      build.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...options }) => {
        if (pluginData === RESOLVING) return undefined;
        const found = await build.resolve(path, { ...options, pluginData: RESOLVING });
        return found.external || found.errors.length > 0 ? undefined : refer(relative(root, found.path));
      });
    },
  };
}
