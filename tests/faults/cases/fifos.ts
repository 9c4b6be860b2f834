import { existsSync } from 'node:fs';
import { until, type RunningStap } from '../../e2e/running-stap.ts';
import { killGroup, stapPath } from '../../harness/command.ts';
import { Attached, ownerPid, remove, startDetached } from '../background.ts';
import { expectCleanEnd, expectEqual, expectMatch } from '../expect.ts';
import type { FaultCase } from '../fault-case.ts';
import { FIFO_OPTIONS, FILES_SCRIPT, type FaultRound, type RunningFifos } from '../fault-round.ts';

// Files as FIFOs: whoever opens, reads or writes one waits in the kernel, for somebody who may die.

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;

/** Readers and writers at work for a random time. */
async function load(round: FaultRound, files: RunningFifos): Promise<void> {
  for (let count = round.random.integer(1, 3); count > 0; count--)
    round.readerLoop(files, round.random.pick(['r', 'big']));
  for (let count = round.random.integer(1, 2); count > 0; count--) round.fifoWriterLoop(files);
  await round.pause(300);
}

/** Programs that wait because stap is stopped: for a text, for room, for the rest of a text. */
function waitingClients(round: FaultRound, { directory }: RunningFifos): void {
  for (let count = 0; count < 3; count++) round.client(`cat ${directory}/big 2>/dev/null`);
  round.client(`cat ${round.fileOf(500_000)} >>${directory}/w 2>/dev/null`);
  round.client(`exec 7<${directory}/big 8>>${directory}/w; read -rN 10 x <&7; echo .; cat <&7`);
}

async function stopAll(round: FaultRound, stap: RunningStap): Promise<void> {
  await round.stopClients();
  await round.writesHandled();
  expectCleanEnd(await stap.stop());
}

/** Ends it in any way; what it says is checked unless it is killed. */
async function endAnyhow(round: FaultRound, stap: RunningStap): Promise<void> {
  const name = round.random.pick(ENDING);
  killGroup(stap.pid, name);
  const end = await stap.end();
  if (name !== 'SIGKILL') expectCleanEnd(end);
  await round.clientsEnd();
}

export const fifos: readonly FaultCase[] = [
  {
    name: 'FIFOs: SIGKILL of stap with readers and writers that wait',
    weight: 2,
    async run(round) {
      const files = await round.startFifos();
      await load(round, files);
      round.clock.pause();
      process.kill(files.stap.pid, 'SIGSTOP');
      waitingClients(round, files);
      await round.pause(300);
      killGroup(files.stap.pid, 'SIGKILL');
      round.clock.resume();
      await files.stap.end();
      await round.clientsEnd();
    },
  },
  {
    name: 'FIFOs: INT, TERM, HUP or KILL while they are used',
    weight: 3,
    async run(round) {
      const files = await round.startFifos();
      await load(round, files);
      await endAnyhow(round, files.stap);
    },
  },
  {
    name: 'FIFOs: INT, TERM, HUP or KILL at any moment of the start',
    weight: 2,
    async run(round) {
      const stap = round.launch({ options: [...FIFO_OPTIONS, '-m', round.moduleName] });
      await round.pause(400);
      // Somebody who came before there was anything to read.
      const path = `${round.root}/${round.moduleName}/r`;
      round.client(`for ((i = 0; i < 20; i++)); do cat ${path} 2>/dev/null; echo .; done`);
      killGroup(stap.pid, round.random.pick(ENDING));
      await stap.end();
      await round.clientsEnd();
    },
  },
  {
    name: 'FIFOs: SIGKILL of readers in the middle of a text',
    async run(round) {
      const { stap, directory } = await round.startFifos();
      round.fifoWriterLoop({ directory });
      const other = round.readerLoop({ directory });
      for (let turn = 0; turn < 8; turn++) {
        const bytes = round.random.integer(1, 4000);
        const reader = round.client(
          `dd if=${directory}/big bs=${bytes} status=none | while read -rN 4000 x; do echo .; done`,
        );
        await round.pause(40);
        reader.kill();
        await reader.ended;
      }
      const big = `${directory}/big`;
      expectEqual('big', (await round.run('wc', ['-c', big])).stdout, `250000 ${big}\n`);
      if (other.isOver) throw new Error('another reader failed');
      await stopAll(round, stap);
    },
  },
  {
    name: 'FIFOs: SIGKILL of writers in the middle of a message',
    async run(round) {
      const { stap, directory } = await round.startFifos();
      for (let turn = 0; turn < 8; turn++) {
        const writer = round.client(
          `while cat ${round.fileOf(round.random.integer(1, 120_000))} >>${directory}/w; do echo .; done`,
        );
        await round.pause(60);
        writer.kill();
        await writer.ended;
      }
      // What the last of them left is no obstacle to the next.
      round.fifoWriterLoop({ directory });
      await round.pause(100);
      expectEqual('r', (await round.run('cat', [`${directory}/r`])).stdout, 'abc\n');
      await stopAll(round, stap);
    },
  },
  {
    name: 'FIFOs: SIGSTOP of stap, and SIGCONT',
    async run(round) {
      const files = await round.startFifos();
      await load(round, files);
      round.clock.pause();
      process.kill(files.stap.pid, 'SIGSTOP');
      waitingClients(round, files);
      const killed = Array.from({ length: 3 }, () => round.client(`cat ${files.directory}/r`));
      await round.sleep(round.isShort ? 300 : 2500);
      for (const client of killed) client.kill();
      await Promise.all(killed.map((client) => client.ended));
      process.kill(files.stap.pid, 'SIGCONT');
      round.clock.resume();
      // Those that opened the same FIFO meanwhile share its text; who comes later gets all of one.
      const later = `until x=$(cat ${files.directory}/r) && [ "$x" ]; do sleep 0.05; done; echo $x`;
      expectEqual('a reader after that', (await round.client(later).ended).stdout, 'abc\n');
      await stopAll(round, files.stap);
    },
  },
  {
    name: 'FIFOs: the name is taken, and at once taken again',
    async run(round) {
      const { stap, directory } = await round.startFifos();
      round.readerLoop({ directory }, 'big');
      const words = [...FIFO_OPTIONS, '-m', round.moduleName, '-e', FILES_SCRIPT];
      const second = await round.run(stapPath, words);
      expectEqual('status of the second', second.status, 1);
      expectMatch('refusal', second.stderr, /File exists/);
      expectEqual('r', (await round.run('cat', [`${directory}/r`])).stdout, 'abc\n');
      killGroup(stap.pid, 'SIGKILL');
      const next = round.launch({ options: words.slice(0, -2) });
      await until('its output', () => next.stdout() !== '' || next.isOver);
      if (next.isOver) throw new Error(`the next start was refused: ${next.stderr()}`);
      await until('its files', () => existsSync(`${directory}/w`));
      await stap.end();
      await round.stopClients();
      expectCleanEnd(await next.stop());
      round.letRootStay();
    },
  },
  {
    name: 'FIFOs: a module in the background ends or is killed',
    async run(round) {
      const module = await startDetached(round, FIFO_OPTIONS);
      const attached = new Attached(round);
      round.readerLoop(module, 'big');
      round.fifoWriterLoop(module, () => attached.text());
      const client = await attached.client();
      await round.pause(200);
      const isKilled = round.random.chance(0.5);
      if (isKilled) process.kill(module.pid, 'SIGKILL');
      else client.kill(round.random.pick(['SIGINT', 'SIGTERM']));
      expectEqual('status of staprun', (await client.ended).status, isKilled ? 1 : 0);
      await round.clientsEnd();
    },
  },
  {
    name: 'FIFOs: a module goes to the background under load',
    weight: 2,
    async run(round) {
      const stap = round.launch({ options: [...FIFO_OPTIONS, '-m', round.moduleName] });
      const files = { stap, directory: `${round.root}/${round.moduleName}` };
      await until('FIFOs', () => existsSync(`${files.directory}/w`));
      const attached = new Attached(round);
      round.readerLoop(files);
      round.readerLoop(files, 'big');
      round.fifoWriterLoop(files, () => stap.stdout() + attached.text());
      await round.pause(200);
      killGroup(stap.pid, 'SIGQUIT');
      expectEqual('status', (await stap.end()).status, 0);
      const client = await attached.client();
      await round.pause(100);
      await round.stopClientsExcept(client);
      await round.writesHandled();
      client.kill('SIGINT');
      expectEqual('status of staprun', (await client.ended).status, 0);
    },
  },
  {
    name: 'FIFOs: SIGKILL of either side while a module goes to the background',
    weight: 2,
    async run(round) {
      const { stap, directory } = await round.startFifos();
      round.readerLoop({ directory });
      round.readerLoop({ directory }, 'big');
      await round.pause(100);
      killGroup(stap.pid, 'SIGQUIT');
      await round.pause(250);
      const victim = round.random.chance(0.5) ? stap.pid : (ownerPid(round) ?? stap.pid);
      try {
        process.kill(victim, 'SIGKILL');
      } catch {
        // It had ended.
      }
      await round.sleep(500);
      await remove(round);
      await stap.end();
      await round.clientsEnd();
    },
  },
];
