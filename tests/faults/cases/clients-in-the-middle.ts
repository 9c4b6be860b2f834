import type { FaultCase } from '../fault-case.ts';
import { expectCleanEnd, expectEqual, expectMatch } from '../expect.ts';

// Programs that use files and die, stop or stay at the wrong moment.

export const clientsInTheMiddle: readonly FaultCase[] = [
  {
    name: 'SIGKILL of readers in the middle of a read',
    weight: 2,
    async run(round) {
      const stap = await round.startLogged();
      const big = `${stap.directory}/big`;
      round.writerLoop(stap);
      const other = round.readerLoop(stap);
      for (let turn = 0; turn < 8; turn++) {
        // A slow reader: 250,000 bytes in small pieces, with a word after each.
        const bytes = round.random.integer(1, 4000);
        const reader = round.client(
          `dd if=${big} bs=${bytes} status=none | while read -rN 4000 x; do echo .; done`,
        );
        await round.pause(40);
        reader.kill();
        await reader.ended;
      }
      expectEqual('big', (await round.run('wc', ['-c', big])).stdout, `250000 ${big}\n`);
      if (other.isOver) throw new Error('another reader failed');
      await round.stopClients();
      expectCleanEnd(await stap.stop());
    },
  },
  {
    name: 'SIGKILL of writers in the middle of a write',
    weight: 2,
    async run(round) {
      const stap = await round.startLogged();
      round.writerLoop(stap);
      for (let turn = 0; turn < 8; turn++) {
        // Each write(2) is hundreds of events.
        const bytes = round.random.integer(1, 120_000);
        const writer = round.client(
          `while dd if=${round.fileOf(bytes)} bs=${bytes} of=${stap.directory}/w conv=nocreat,notrunc status=none; do echo .; done`,
        );
        await round.pause(60);
        writer.kill();
        await writer.ended;
      }
      expectEqual('r', (await round.run('cat', [`${stap.directory}/r`])).stdout, 'abc\n');
      await round.stopClients();
      expectCleanEnd(await stap.stop());
    },
  },
  {
    name: 'SIGSTOP of stap with readers and writers waiting',
    async run(round) {
      const stap = await round.startLogged();
      round.readerLoop(stap);
      round.writerLoop(stap);
      await round.pause(100);
      round.clock.pause();
      process.kill(stap.pid, 'SIGSTOP');
      const waiting = Array.from({ length: 5 }, () => round.client(`cat ${stap.directory}/r`));
      const killed = Array.from({ length: 5 }, () => round.client(`cat ${stap.directory}/r`));
      await round.sleep(round.isShort ? 1000 : 5000);
      for (const client of killed) client.kill();
      await Promise.all(killed.map((client) => client.ended));
      process.kill(stap.pid, 'SIGCONT');
      round.clock.resume();
      for (const client of waiting) expectEqual('waiting reader', (await client.ended).stdout, 'abc\n');
      await round.stopClients();
      expectCleanEnd(await stap.stop());
    },
  },
  {
    name: 'stap is killed while it is stopped and readers wait',
    async run(round) {
      const stap = await round.startLogged();
      round.readerLoop(stap);
      round.writerLoop(stap);
      await round.pause(100);
      round.clock.pause();
      process.kill(stap.pid, 'SIGSTOP');
      for (let count = 0; count < 5; count++) round.client(`cat ${stap.directory}/r 2>/dev/null`);
      await round.sleep(round.isShort ? 300 : 3000);
      process.kill(stap.pid, 'SIGKILL');
      round.clock.resume();
      await stap.end();
      await round.clientsEnd();
    },
  },
  {
    name: 'a shell inside and open files at the end',
    weight: 2,
    async run(round) {
      const stap = await round.startLogged();
      const open = `exec 5<r; head -c ${round.random.integer(0, 3)} <&5; exec 6>w; echo ready`;
      // It stays until it is told to go, and then looks around once more.
      const inside = round.client(
        `trap 'go=1' USR1; ${open}; until [ -n "$go" ]; do echo .; sleep 0.05; done
         ls >/dev/null 2>&1; cat r >/dev/null 2>&1; cat <&5 >/dev/null 2>&1; echo x >&6; exit 0`,
        { cwd: stap.directory },
      );
      while (!inside.stdout().includes('ready')) await round.sleep(5);
      const end = await stap.stop(round.random.pick(['SIGINT', 'SIGTERM', 'SIGHUP']));
      expectCleanEnd(end);
      expectMatch('messages', end.stderr, new RegExp(`in use by: .*\\b${inside.pid}\\b`));
      inside.kill('SIGUSR1');
      await inside.ended;
    },
  },
  {
    name: 'a shell writes by path while the script ends',
    weight: 3,
    async run(round) {
      const stap = await round.startLogged();
      for (let count = 0; count < 3; count++)
        round.client(
          `while [ -d ${stap.directory} ]; do echo x > ${stap.directory}/w; echo .; done 2>/dev/null`,
        );
      await round.pause(200);
      expectCleanEnd(await stap.stop());
      await round.clientsEnd();
    },
  },
  {
    name: 'umount -l under a running script',
    needsRoot: true,
    async run(round) {
      const stap = await round.startLogged();
      round.readerLoop(stap, round.random.pick(['r', 'big']));
      round.writerLoop(stap);
      await round.pause(200);
      await round.run('umount', ['-l', stap.directory]);
      // Who is inside keeps the connection; the script ends when the last has left.
      await round.sleep(100);
      await round.stopClients();
      const end = await stap.end();
      expectEqual('status', end.status, 1);
      expectMatch('messages', end.stderr, /unmounted from outside/);
    },
  },
];
