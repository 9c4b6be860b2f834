import type { RunningStap } from '../../e2e/running-stap.ts';
import { killGroup } from '../../harness/command.ts';
import type { FaultCase } from '../fault-case.ts';
import { expectCleanEnd, expectEqual } from '../expect.ts';
import type { FaultRound } from '../fault-round.ts';

// Signals that ask for the end, at any moment.

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Sends it to the process group as a terminal does, or to stap alone. */
function signal(round: FaultRound, stap: RunningStap, name: NodeJS.Signals): void {
  if (round.random.chance(0.5)) killGroup(stap.pid, name);
  else if (!stap.isOver) process.kill(stap.pid, name);
}

export const signals: readonly FaultCase[] = [
  {
    name: 'INT, TERM or HUP at any moment of the start',
    weight: 3,
    async run(round) {
      const stap = round.launch();
      await round.pause(400);
      const name = round.random.pick(STOPPING);
      signal(round, stap, name);
      const end = await stap.end();
      // 1 before the run, as SystemTap's compile passes do; by the signal before stap's own code runs.
      if (end.signal !== name && end.status !== 1) expectEqual('status', end.status, 0);
      expectEqual('messages', end.stderr, '');
    },
  },
  {
    name: 'INT, TERM or HUP while files are used',
    weight: 3,
    async run(round) {
      const stap = await round.startLogged();
      for (let count = round.random.integer(0, 3); count > 0; count--) round.readerLoop(stap, 'big');
      for (let count = round.random.integer(0, 2); count > 0; count--) round.writerLoop(stap);
      await round.pause(300);
      signal(round, stap, round.random.pick(STOPPING));
      expectCleanEnd(await stap.end());
      await round.clientsEnd();
    },
  },
  {
    name: 'a second signal during the end',
    weight: 2,
    async run(round) {
      const stap = await round.startLogged({
        script: String.raw`probe procfs("r").read { $value = "abc\n" } probe procfs("w").write { print($value) }
          probe end { for (i = 0; i < 2000; i++) println(i) } probe end { println("end") }`,
      });
      round.readerLoop(stap);
      round.writerLoop(stap);
      await round.pause(100);
      signal(round, stap, round.random.pick(STOPPING));
      await round.pause(80);
      signal(round, stap, round.random.pick(STOPPING));
      const end = await stap.end();
      // One that comes after the handlers of signals are gone ends the process as signals do.
      if (end.signal === undefined) expectEqual('status', end.status, 0);
      await round.clientsEnd();
    },
  },
  {
    name: 'many signals at once',
    async run(round) {
      const stap = await round.startLogged();
      round.readerLoop(stap);
      await round.pause(100);
      for (let count = 0; count < 5; count++) {
        signal(round, stap, round.random.pick(STOPPING));
        await round.pause(5);
      }
      await stap.end();
      await round.clientsEnd();
    },
  },
];
