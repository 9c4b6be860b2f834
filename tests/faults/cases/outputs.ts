import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultCase } from '../fault-case.ts';
import { expectCleanEnd, expectEqual } from '../expect.ts';

// Where the script's output cannot go.

export const outputs: readonly FaultCase[] = [
  {
    name: 'the disk of -o gets full',
    needsRoot: true,
    async run(round) {
      const disk = join(round.folder, 'disk');
      mkdirSync(disk);
      const size = `size=${round.random.integer(1, 16) * 4}k`;
      await round.run('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', disk]);
      round.onCleanup(() => round.run('umount', ['-l', disk]));
      const log = join(disk, 'log');
      const stap = await round.start({ options: ['-o', log] });
      round.client(
        `while dd if=${round.fileOf(3000)} bs=3000 of=${stap.directory}/w conv=nocreat,notrunc status=none; do echo .; done 2>/dev/null`,
      );
      round.readerLoop(stap);
      const end = await stap.end();
      expectEqual('status', end.status, 1);
      if (end.stderr === '') throw new Error('no word about the full disk');
      await round.clientsEnd();
      // What fitted was written.
      if (readFileSync(log).length < 4096) throw new Error('the file is shorter than the disk');
    },
  },
  {
    name: 'standard output is closed',
    async run(round) {
      const stap = await round.start();
      round.readerLoop(stap);
      const writer = round.client(
        `exec 3>${stap.directory}/w; while echo x >&3; do echo .; sleep 0.01; done 2>/dev/null`,
      );
      await round.pause(150);
      stap.child.stdout?.destroy();
      await stap.end();
      await round.clientsEnd();
      if (writer.stdout() === '') throw new Error('nothing was written');
    },
  },
  {
    name: 'nobody reads standard output for a while',
    async run(round) {
      const stap = await round.start();
      stap.child.stdout?.pause();
      // Writers wait when more than a megabyte is queued; readers never do.
      const writer = round.client(
        `while dd if=${round.fileOf(600_000)} bs=60000 of=${stap.directory}/w conv=nocreat,notrunc status=none; do echo .; done 2>/dev/null`,
      );
      await round.sleep(300);
      round.clock.pause();
      await round.pause(300);
      stap.child.stdout?.resume();
      round.clock.resume();
      await round.sleep(100);
      round.writerLoop(stap, () => stap.stdout());
      await round.pause(200);
      writer.kill();
      await round.stopClients();
      expectCleanEnd(await stap.stop());
    },
  },
];
