// Builds the dashboard's page: dist/dashboard/ with index.html, and a script, a style sheet and an icon that carry their
// content's hash in their names, so that a browser may keep them. Run by scripts/build.mjs, or alone with a folder:
// `node scripts/build-page.mjs [FOLDER]`.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const UI = 'src/dashboard/page/ui';
const STATIC = ['index.html', 'icon.svg'].map((name) => `${UI}/${name}`);
/** Browsers of 2023 and later: Debian 12's are newer. */
const TARGET = ['chrome115', 'firefox115', 'safari16.4'];

function hashed(name, contents) {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 10);
  return name.replace(/\.(\w+)$/, `-${hash}.$1`);
}

function writeAtomically(folder, name, contents) {
  const temporary = join(folder, `${name}.${process.pid}`);
  writeFileSync(temporary, contents);
  renameSync(temporary, join(folder, name));
}

/** Builds into `folder` and returns the sources, relative to `root`. Old files go when they are a minute old. */
export async function buildPage(root, folder) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { app: `${UI}/main.tsx`, 'app-style': `${UI}/page.css` },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'iife',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // Those beside the sources are for those who work on them, and inherit from one that an installation may lack.
    tsconfigRaw: {},
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    write: false,
  });
  const textOf = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).contents;
  const assets = new Map([
    ['app.js', textOf('.js')],
    ['app.css', textOf('.css')],
    ['icon.svg', readFileSync(join(root, UI, 'icon.svg'))],
  ]);
  mkdirSync(folder, { recursive: true });
  let html = readFileSync(join(root, UI, 'index.html'), 'utf8');
  const current = new Set(['index.html']);
  for (const [name, contents] of assets) {
    const hashedName = hashed(name, contents);
    html = html.replaceAll(`"/${name}"`, `"/${hashedName}"`);
    writeAtomically(folder, hashedName, contents);
    current.add(hashedName);
  }
  writeAtomically(folder, 'index.html', html);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!current.has(name) && Date.now() - statSync(path).mtimeMs > 60_000) rmSync(path, { force: true });
  }
  return [...Object.keys(metafile.inputs).filter((path) => !path.startsWith('node_modules/')), ...STATIC];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  await buildPage(root, process.argv[2] ?? join(root, 'dist/dashboard'));
}
