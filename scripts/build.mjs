// Builds dist/: the program in parts, V8's compiled form of each beside it, and a loader that starts it.
// Nothing of the development dependencies is needed. Files carry their content's hash in their name and the
// loader is replaced last, so a build never disturbs a stap that is starting at the same moment.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build-page.mjs';
import { bundleParts } from './bundle-parts.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const BUILD_FILES = [
  ...['build.mjs', 'build-page.mjs', 'bundle-parts.mjs', 'loader.cjs'].map((name) => `scripts/${name}`),
  'package.json',
  'package-lock.json',
];
const builtFrom = newestTime(['src', 'tapset', ...BUILD_FILES]);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Directory of the dashboard's page in dist/. */
const PAGE = 'dashboard';

/** The commands: each has a loader of its own, which is how the program knows which one it is. */
const COMMANDS = [
  'stap',
  'staprun',
  'stap-lsmod',
  'stap-modinfo',
  'stap-rmmod',
  'stap-ctl',
  'stap-exporter',
  'stap-companion',
];

function writeAtomically(name, contents) {
  const path = join(dist, name);
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
  return path;
}

function hashOf(...contents) {
  const hash = createHash('sha256');
  for (const one of contents) hash.update(one);
  return hash.digest('hex').slice(0, 16);
}

/**
 * For the launcher: what this build is made of. A file that comes or goes changes the time of its directory. What is only
 * served is apart: other starts need not look at it.
 */
function inputsText(sources, servedSources) {
  const library = readdirSync(join(root, 'tapset'), { recursive: true }).map((name) => `tapset/${name}`);
  const names = [...BUILD_FILES, 'tapset', ...library, ...sources];
  return `inputs='\n${names.join('\n')}\n'\nserved_inputs='\n${servedSources.join('\n')}\n'\n`;
}

/** The latest modification of files and directories, at least now: clocks of other machines may be ahead. */
function newestTime(names) {
  let newestMs = Date.now();
  for (const name of names) {
    const path = join(root, name);
    const inside = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }) : [];
    for (const file of [path, ...inside.map((entry) => join(path, entry))])
      newestMs = Math.max(newestMs, statSync(file).mtimeMs);
  }
  return new Date(Math.ceil(newestMs));
}

/** Old generations go, except those young enough to belong to a stap that is just starting. */
function removeOldFiles(current) {
  for (const name of readdirSync(dist)) {
    if (name === '.lock' || current.has(name)) continue;
    const path = join(dist, name);
    if (Date.now() - statSync(path).mtimeMs > 60_000) rmSync(path, { force: true, recursive: true });
  }
}

mkdirSync(dist, { recursive: true });
const [{ texts, sources, guestSources }, pageSources] = await Promise.all([
  bundleParts(root, { STAP_TS_VERSION: JSON.stringify(version) }),
  buildPage(root, join(dist, PAGE)),
]);
const buildName = `stap-${hashOf(...texts.values())}`;
for (const [part, text] of texts) writeAtomically(`${buildName}.${part}.js`, text);
writeAtomically('inputs.sh', inputsText(sources, [...guestSources, ...pageSources]));

const loader = readFileSync(join(root, 'scripts/loader.cjs'), 'utf8')
  .replaceAll('__BUILD__', buildName)
  .replaceAll('__PARTS__', JSON.stringify([...texts.keys()]));
const loaderPath = writeAtomically(`loader-${buildName}.cjs`, loader);
const warmUp = spawnSync(process.execPath, [loaderPath], {
  encoding: 'utf8',
  env: { ...process.env, SYSTEMTAP_DIR: '/nonexistent' },
  // Other starts wait for this build: a run that hangs must end it, not stop everybody.
  timeout: 20_000,
  killSignal: 'SIGKILL',
});
if (warmUp.status !== 0) {
  process.stderr.write(warmUp.stderr || 'the first run of the new build did not end\n');
  process.exit(1);
}

for (const command of COMMANDS.slice(1)) writeAtomically(`${command}.cjs`, loader);
// The launcher compares this file's time with the sources: a source changed during the build must look newer.
utimesSync(loaderPath, builtFrom, builtFrom);
renameSync(loaderPath, join(dist, 'stap.cjs'));
const commandFiles = COMMANDS.map((command) => `${command}.cjs`);
const partFiles = [...texts.keys()].flatMap((part) => [
  `${buildName}.${part}.js`,
  `${buildName}.${part}.cache`,
]);
removeOldFiles(new Set(['tapset-index.json', 'inputs.sh', PAGE, ...partFiles, ...commandFiles]));
