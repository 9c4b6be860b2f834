import { until } from '../../e2e/running-stap.ts';
import { killGroup, stapPath } from '../../harness/command.ts';
import { inParallel } from '../../harness/in-parallel.ts';
import { mountsBelow } from '../../harness/scratch-folder.ts';
import type { FaultCase } from '../fault-case.ts';
import { expectCleanEnd, expectEqual, expectMatch } from '../expect.ts';

// Crowds of modules, and modules that want the same name.

const SCRIPT = 'probe procfs("r").read { $value = "abc\\n" }';

export const manyModules: readonly FaultCase[] = [
  {
    name: '50 modules at once',
    once: true,
    async run(round) {
      const count = round.isShort ? 12 : 50;
      const staps = Array.from({ length: count }, (_, index) =>
        round.launch({ script: SCRIPT, options: ['-m', `crowd_${index}`] }),
      );
      await until(`${count} directories`, () => mountsBelow(round.root).length === count, 60_000);
      const reader = round.client(`for d in ${round.root}/*/; do cat $d/r; done`);
      expectEqual('texts', (await reader.ended).stdout, 'abc\n'.repeat(count));
      for (const [index, stap] of staps.entries())
        killGroup(stap.pid, index % 3 === 0 ? 'SIGKILL' : round.random.pick(['SIGINT', 'SIGTERM', 'SIGHUP']));
      for (const stap of staps) {
        const end = await stap.end(30_000);
        if (end.signal !== 'SIGKILL') expectCleanEnd(end);
      }
      round.letRootStay();
    },
  },
  {
    name: '1,000 modules in a row',
    once: true,
    async run(round) {
      const numbers = Array.from({ length: round.isShort ? 24 : 1000 }, (_, index) => index);
      // Two rows beside each other, so that each starts while the other ends.
      await inParallel(numbers, 2, async (number) => {
        const script = ['-m', `row_${number}`, '-c', `cat ${round.root}/row_${number}/r`, '-e', SCRIPT];
        const result = await round.run(stapPath, script);
        expectEqual(`module ${number}`, [result.status, result.stdout, result.stderr], [0, 'abc\n', '']);
      });
      round.letRootStay();
    },
  },
  {
    name: 'one name wanted by several at the same moment',
    weight: 2,
    async run(round) {
      const staps = Array.from({ length: 3 }, () =>
        round.launch({ script: SCRIPT, options: ['-m', 'wanted'] }),
      );
      await until('one module', () => staps.filter((stap) => stap.isOver).length === 2, 15_000);
      const winner = staps.find((stap) => !stap.isOver);
      if (winner === undefined) throw new Error('nobody got the name');
      await until('its files', () => mountsBelow(round.root).length === 1);
      expectEqual('r', (await round.run('cat', [`${round.root}/wanted/r`])).stdout, 'abc\n');
      for (const stap of staps) {
        if (stap === winner) continue;
        const end = await stap.end();
        expectEqual('status', end.status, 1);
        expectMatch('messages', end.stderr, /File exists/);
      }
      expectCleanEnd(await winner.stop());
      round.letRootStay();
    },
  },
  {
    name: 'a name that is taken, and again when its module is killed',
    async run(round) {
      const first = await round.start({ script: SCRIPT, options: ['-m', 'taken'] });
      const second = round.launch({ script: SCRIPT, options: ['-m', 'taken'] });
      expectMatch('messages', (await second.end()).stderr, /File exists/);
      expectEqual('r', (await round.run('cat', [`${first.directory}/r`])).stdout, 'abc\n');
      killGroup(first.pid, 'SIGKILL');
      await until('its end', () => mountsBelow(round.root).length === 0, 2000);
      const third = await round.start({ script: SCRIPT, options: ['-m', 'taken'] });
      expectEqual('r', (await round.run('cat', [`${third.directory}/r`])).stdout, 'abc\n');
      expectCleanEnd(await third.stop());
      round.letRootStay();
    },
  },
];
