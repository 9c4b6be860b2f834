import { existsSync, readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { RunningStap } from '../../e2e/running-stap.ts';
import { killGroup, repositoryRoot } from '../../harness/command.ts';
import { Attached, ownerPid, remove, rmmod, startDetached, staprun } from '../background.ts';
import { expectEqual, expectMatch } from '../expect.ts';
import type { FaultCase } from '../fault-case.ts';
import type { FaultRound } from '../fault-round.ts';

// Modules in the background: their clients, their processes and their sockets.

/** Starts stap in the foreground with readers and a writer at work. */
async function underLoad(round: FaultRound): Promise<RunningStap> {
  const stap = await round.start({ options: ['-m', round.moduleName] });
  round.readerLoop(stap);
  round.readerLoop(stap, 'big');
  return stap;
}

/** Random bytes, requests that are cut, and requests nobody knows. */
function nonsense(round: FaultRound): Buffer {
  const { random } = round;
  const kind = random.integer(0, 3);
  if (kind === 0) return random.bytes(random.integer(1, 5000));
  if (kind === 1) return Buffer.from('{"op":"describe"}\n'.slice(0, random.integer(1, 18)));
  if (kind === 2) return Buffer.from(`{"op":"${'x'.repeat(random.integer(0, 3_000_000))}`);
  return Buffer.from(
    '{"op":"attach","pid":-1,"hideWarnings":7}\n[]\nnull\n{"op":"detach"}\n{"op":"rotate"}\n',
  );
}

/** Sends nonsense to a socket and leaves it open or closes it; failures are what the other side wants. */
async function flood(round: FaultRound, path: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = createConnection(path);
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('connect', () => {
      socket.write(nonsense(round));
      setTimeout(() => socket.destroy(), round.random.integer(0, 300));
    });
    socket.resume();
  });
}

export const detached: readonly FaultCase[] = [
  {
    name: 'SIGKILL of attached clients, one after the other',
    weight: 3,
    async run(round) {
      const module = await startDetached(round);
      const attached = new Attached(round);
      round.readerLoop(module);
      round.writerLoop(module, () => attached.text());
      for (let turn = 0; turn < 4; turn++) {
        const client = await attached.client();
        await round.pause(150);
        client.kill();
        await client.ended;
        await round.pause(50);
      }
      const last = await attached.client();
      await round.stopClientsExcept(last);
      last.kill('SIGINT');
      expectEqual('status of staprun', (await last.ended).status, 0);
      expectMatch('output', attached.text(), /end\n$/);
    },
  },
  {
    name: 'SIGKILL of a client at any moment of its start',
    weight: 2,
    async run(round) {
      const module = await startDetached(round);
      round.readerLoop(module);
      for (let turn = 0; turn < 4; turn++) {
        const client = round.client(`exec ${staprun} -A ${round.moduleName} >/dev/null`, { silent: true });
        await round.pause(150);
        client.kill();
        await client.ended;
      }
      await round.stopClients();
      expectEqual('status of stap-rmmod', (await remove(round)).status, 0);
    },
  },
  {
    name: 'SIGKILL of the process of a module in the background',
    weight: 2,
    async run(round) {
      const module = await startDetached(round);
      const attached = new Attached(round);
      const client = await attached.client();
      round.readerLoop(module);
      // The client's output is a file, which the module writes itself: nothing acknowledged is in memory only.
      round.writerLoop(module, () => attached.text());
      await round.pause(200);
      process.kill(module.pid, 'SIGKILL');
      await round.clientsEnd();
      expectEqual('status of staprun', (await client.ended).status, 1);
    },
  },
  {
    name: 'a module goes to the background under load',
    weight: 3,
    async run(round) {
      const stap = await underLoad(round);
      const attached = new Attached(round);
      round.writerLoop(stap, () => stap.stdout() + attached.text());
      await round.pause(200);
      killGroup(stap.pid, 'SIGQUIT');
      const end = await stap.end();
      expectEqual('status', end.status, 0);
      expectMatch('messages', end.stderr, /Disconnecting from systemtap module\.\nTo reconnect/);
      await round.pause(200);
      const client = await attached.client();
      await round.pause(100);
      await round.stopClientsExcept(client);
      client.kill('SIGINT');
      expectEqual('status of staprun', (await client.ended).status, 0);
    },
  },
  {
    name: 'SIGKILL of either side while a module goes to the background',
    weight: 4,
    async run(round) {
      const stap = await underLoad(round);
      await round.pause(100);
      killGroup(stap.pid, 'SIGQUIT');
      await round.pause(250);
      const victim = round.random.chance(0.5) ? stap.pid : (ownerPid(round) ?? stap.pid);
      try {
        process.kill(victim, 'SIGKILL');
      } catch {
        // It had ended.
      }
      await stap.end();
      // Either the module lives on or all of it goes away; nobody waits in either case.
      await round.sleep(500);
      await remove(round);
      await round.clientsEnd();
    },
  },
  {
    name: 'SIGQUIT at any moment of the start',
    weight: 2,
    async run(round) {
      const stap = round.launch({ options: ['-m', round.moduleName] });
      await round.pause(400);
      killGroup(stap.pid, 'SIGQUIT');
      await stap.end();
      await remove(round);
    },
  },
  {
    name: 'stap-rmmod -f while a client is attached and files are used',
    weight: 2,
    async run(round) {
      const module = await startDetached(round);
      const attached = new Attached(round);
      const client = await attached.client();
      round.readerLoop(module);
      round.writerLoop(module, () => attached.text());
      await round.pause(200);
      const refused = await round.run(rmmod, [round.moduleName]);
      expectMatch('refusal', refused.stderr, /Module \w+ is in use/);
      expectEqual('status of stap-rmmod', (await remove(round)).status, 0);
      expectEqual('status of staprun', (await client.ended).status, 0);
      await round.clientsEnd();
    },
  },
  {
    name: 'the control socket is flooded with nonsense',
    weight: 2,
    async run(round) {
      const stap = await round.startLogged({ options: ['-m', round.moduleName] });
      round.readerLoop(stap);
      round.writerLoop(stap);
      const path = `${round.root}/.${round.moduleName}/control`;
      for (let wave = 0; wave < 4; wave++)
        await Promise.all(Array.from({ length: round.random.integer(1, 80) }, () => flood(round, path)));
      const facts = await round.run(join(repositoryRoot, 'stap-modinfo'), [round.moduleName]);
      expectEqual('status of stap-modinfo', facts.status, 0);
      await round.stopClients();
      expectEqual('status of stap-rmmod', (await remove(round)).status, 0);
      expectEqual('status of stap', (await stap.end()).status, 0);
    },
  },
  {
    name: 'nobody looks at the output of a module that prints much',
    async run(round) {
      const module = await startDetached(round);
      // More than the 16 megabytes that are kept: the oldest goes.
      const writer = round.client(
        `for i in 1 2 3 4 5 6; do dd if=${round.fileOf(4_000_000)} bs=100000 of=${module.directory}/w conv=nocreat,notrunc status=none; echo .; done`,
      );
      round.readerLoop(module);
      expectEqual('status of the writer', (await writer.ended).status, 0);
      await round.stopClients();
      expectEqual('status of stap-rmmod', (await remove(round)).status, 0);
      expectEqual('what is left', existsSync(round.root) ? readdirSync(round.root) : [], []);
    },
  },
];
