import { join } from 'node:path';
import { processesNaming, until, type RunningStap } from '../../e2e/running-stap.ts';
import { killGroup, repositoryRoot } from '../../harness/command.ts';
import { mountsBelow } from '../../harness/scratch-folder.ts';
import type { FaultCase } from '../fault-case.ts';
import type { FaultRound } from '../fault-round.ts';
import { expectCleanEnd, expectEqual } from '../expect.ts';
import { readFileSync } from 'node:fs';

// SIGKILL of the processes that a script is made of: stap itself, and the shell that cleans up after it.

const sweeper = join(repositoryRoot, 'stap-lsmod');

/** The shell that watches over the mount of a script. */
function supervisorOf(round: FaultRound): number {
  const pid = processesNaming(round.root).find((candidate) => {
    try {
      return readFileSync(`/proc/${candidate}/cmdline`, 'latin1').includes('stap-supervisor');
    } catch {
      return false; // It has ended meanwhile.
    }
  });
  if (pid === undefined) throw new Error('there is no supervisor');
  return pid;
}

/** Readers and a writer at work for a random time. */
async function load(round: FaultRound, stap: RunningStap): Promise<void> {
  for (let count = round.random.integer(1, 3); count > 0; count--)
    round.readerLoop(stap, round.random.pick(['r', 'big']));
  round.writerLoop(stap);
  await round.pause(300);
}

export const ownerKilled: readonly FaultCase[] = [
  {
    name: 'SIGKILL of stap while files are read and written',
    weight: 3,
    async run(round) {
      const stap = await round.startLogged();
      await load(round, stap);
      killGroup(stap.pid, 'SIGKILL');
      await stap.end();
      await round.clientsEnd();
    },
  },
  {
    name: 'SIGKILL of stap while other commands sweep',
    async run(round) {
      const stap = await round.startLogged();
      const sweepers = [1, 2].map(() => round.client(`while ${sweeper} >/dev/null; do echo .; done`));
      await round.pause(400);
      killGroup(stap.pid, 'SIGKILL');
      await stap.end();
      await round.sleep(200);
      for (const client of sweepers) client.kill('SIGTERM');
      await round.clientsEnd();
    },
  },
  {
    name: 'SIGKILL of stap at any moment of its start',
    weight: 3,
    async run(round) {
      const stap = round.launch();
      await round.pause(400);
      killGroup(stap.pid, 'SIGKILL');
      await stap.end();
    },
  },
  {
    name: 'SIGKILL of stap at any moment of its end',
    async run(round) {
      const stap = await round.startLogged();
      await load(round, stap);
      killGroup(stap.pid, 'SIGINT');
      await round.pause(60);
      killGroup(stap.pid, 'SIGKILL');
      await stap.end();
      await round.clientsEnd();
    },
  },
  {
    name: 'SIGKILL of the supervisor, then an orderly end',
    async run(round) {
      const stap = await round.startLogged();
      await load(round, stap);
      process.kill(supervisorOf(round), 'SIGKILL');
      await round.pause(100);
      expectCleanEnd(await stap.stop());
      await round.clientsEnd();
    },
  },
  {
    name: 'SIGKILL of the supervisor and of stap: the next start sweeps',
    async run(round) {
      const name = round.random.pick([['-m', 'again'], []]);
      const stap = await round.startLogged({ options: name });
      await load(round, stap);
      const victims = [supervisorOf(round), stap.pid];
      if (round.random.chance(0.5)) victims.reverse();
      // Together, so that the supervisor has no time for its work.
      for (const pid of victims) process.kill(pid, 'SIGSTOP');
      for (const pid of victims) process.kill(pid, 'SIGKILL');
      await stap.end();
      await round.clientsEnd();
      const next = await round.start({ options: name });
      expectEqual('mounts', mountsBelow(round.root), [next.directory]);
      expectCleanEnd(await next.stop());
      round.letRootStay();
    },
  },
  {
    name: 'SIGKILL of stap, and the same module again at once',
    async run(round) {
      for (let turn = 0; turn < 3; turn++) {
        const stap = round.launch({ options: ['-m', 'same'] });
        await until('its files', () => mountsBelow(round.root).length > 0 || stap.isOver);
        if (stap.isOver) throw new Error(`start ${turn} was refused: ${stap.stderr()}`);
        killGroup(stap.pid, 'SIGKILL');
      }
      await round.clientsEnd();
      round.letRootStay();
    },
  },
];
