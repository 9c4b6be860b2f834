// Compares everything there is with the installed SystemTap: `npm run oracle`. `npm test` compares a part of it.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernelHeadersRelease } from './skip-conditions.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const parts = ['run', 'check-corpus', 'parse-corpus'];
const failed = parts.filter((part) => {
  const command = [join(root, 'scripts/run-ts.mjs'), join(root, 'tests/oracle', `${part}.ts`), '--all'];
  const { status } = spawnSync(process.execPath, command, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, STAP_ORACLE_RELEASE: kernelHeadersRelease() ?? '' },
  });
  return status !== 0;
});
if (failed.length > 0) console.log(`differences in: ${failed.join(' ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
