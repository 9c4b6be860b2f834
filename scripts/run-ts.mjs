// Runs one TypeScript program of this repository: `node scripts/run-ts.mjs FILE [ARGUMENT…]`.
// Node 20 does not strip types, so the file is bundled first (a few milliseconds) and imported from a scratch
// folder inside node_modules, where packages still resolve.
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [file, ...programArguments] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node scripts/run-ts.mjs FILE [ARGUMENT...]');
  process.exit(2);
}
const cache = join(root, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const scratch = mkdtempSync(join(cache, 'run-ts-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const bundle = join(scratch, 'program.mjs');
await build({
  entryPoints: [resolve(file)],
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  outfile: bundle,
  logLevel: 'error',
  sourcemap: 'inline',
});
process.argv = [process.argv[0], resolve(file), ...programArguments];
await import(pathToFileURL(bundle).href);
