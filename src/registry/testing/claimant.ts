import { closeSync, mkdirSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { claimModule, ModuleExistsError } from '../module-claim.ts';
import { findModule, sweepModules } from '../module-list.ts';

/**
 * Claims and releases a few names again and again, sweeps in between and leaves dead entries about. Prints `ok` when
 * it never shared a name with another process. Arguments: the root, and a number that makes each process differ.
 */
function main(root: string, seed: number): void {
  let state = seed;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  let claims = 0;
  for (let round = 0; round < 300; round++) {
    const name = `module${random(2)}`;
    sweepModules(root);
    if (random(10) === 0) leaveDeadHome(root, name);
    try {
      const claim = claimModule(root, { name, script: String(seed) });
      const alone = openSync(`${root}/${name}.alone`, 'wx');
      claim.update({ state: 'running' });
      const seen = findModule([root], name)?.entry;
      // A sweeper may have the home in its hands for a moment.
      if (seen !== undefined && seen.pid !== process.pid) throw new Error(`${name} belongs to ${seen.pid}`);
      closeSync(alone);
      unlinkSync(`${root}/${name}.alone`);
      claim.release();
      claims++;
    } catch (error) {
      if (!(error instanceof ModuleExistsError)) throw error;
    }
  }
  console.log(claims > 20 ? 'ok' : `only ${claims} claims`);
}

function leaveDeadHome(root: string, name: string): void {
  try {
    mkdirSync(`${root}/.${name}`);
  } catch {
    return;
  }
  const entry = {
    formatVersion: 1,
    name,
    state: 'running',
    pid: 1 << 21,
    startTicks: '1',
    uid: 0,
    files: [],
  };
  writeFileSync(
    `${root}/.${name}/entry.json`,
    JSON.stringify({ ...entry, startedAtMs: Date.now(), script: 'dead' }),
  );
}

main(process.argv[2] ?? '', Number(process.argv[3]));
