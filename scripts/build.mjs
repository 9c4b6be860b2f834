// Builds dist/: one CommonJS bundle, V8's compiled form of it beside it, and a loader that starts it.
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
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const builtFrom = newestTime(['src', 'tapset', 'scripts', 'package.json', 'package-lock.json']);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The commands: each has a loader of its own, which is how the program knows which one it is. */
const COMMANDS = ['stap', 'staprun', 'stap-lsmod', 'stap-modinfo', 'stap-rmmod', 'stap-ctl'];

/** Options shared by everything bundled. `import()` becomes a lazy `require`: V8 scripts have no module loader. */
const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  supported: { 'dynamic-import': false },
  external: ['koffi', 're2js'],
  legalComments: 'none',
  define: { STAP_TS_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
  absWorkingDir: root,
  write: false,
};

async function bundle(entryPoint) {
  const result = await build({ ...common, entryPoints: [join(root, entryPoint)] });
  return result.outputFiles[0].contents;
}

function writeAtomically(name, contents) {
  const path = join(dist, name);
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
  return path;
}

function hashOf(contents) {
  return createHash('sha256').update(contents).digest('hex').slice(0, 16);
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
const main = await bundle('src/cli/main.ts');
const mainName = `main-${hashOf(main)}`;
writeAtomically(`${mainName}.js`, main);

const loader = readFileSync(join(root, 'scripts/loader.cjs'), 'utf8').replaceAll('__MAIN__', mainName);
const loaderPath = writeAtomically(`loader-${mainName}.cjs`, loader);
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
removeOldFiles(new Set(['tapset-index.json', `${mainName}.js`, `${mainName}.cache`, ...commandFiles]));
