import type { FaultCase } from '../fault-case.ts';
import { expectCleanEnd, expectEqual, expectMatch } from '../expect.ts';

// Descriptors run out: in the client, in stap.

/** Opens a file until that is refused, reading one byte of each, and keeps all open. */
const openUntilRefused = (path: string, limit: number): string =>
  `ulimit -n ${limit}
   for ((n = 0; ; n++)); do { exec {fd}<${path}; } 2>/dev/null || break; read -rN 1 x <&$fd; (( n % 50 )) || echo .; done
   echo opened $n; until [ -e go ]; do echo .; sleep 0.05; done`;

export const descriptors: readonly FaultCase[] = [
  {
    name: 'a client opens a file until it may not open more',
    async run(round) {
      const stap = await round.startLogged();
      const limit = round.random.integer(64, round.isShort ? 400 : 2000);
      const greedy = round.client(openUntilRefused(`${stap.directory}/r`, limit));
      round.writerLoop(stap);
      while (!greedy.stdout().includes('opened') && !greedy.isOver) await round.sleep(10);
      expectEqual('r', (await round.run('cat', [`${stap.directory}/r`])).stdout, 'abc\n');
      if (round.random.chance(0.5)) await round.stopClients();
      expectCleanEnd(await stap.stop());
      await round.stopClients();
    },
  },
  {
    name: 'stap may have few descriptors',
    async run(round) {
      const limit = round.random.integer(20, 40);
      const script = `ulimit -n ${limit}; exec $STAP -m few -e 'probe procfs("r").read { $value = "abc\\n" }'`;
      const stap = round.client(`${script} 2>&1`, { silent: true });
      const path = `${round.root}/few/r`;
      const reader = round.client(
        `for ((i = 0; i < 30; i++)); do [ -e ${path} ] && break; echo .; sleep 0.1; done
         for ((i = 0; i < 60; i++)); do { exec {fd}<${path}; } 2>/dev/null || break; cat <&$fd; done`,
      );
      const { stdout } = await reader.ended;
      stap.kill('SIGINT');
      const end = await stap.ended;
      if (/abc/.test(stdout)) expectEqual('texts', stdout.match(/abc/g)?.length, 60);
      else expectMatch('messages', end.stdout, /descriptors|EMFILE|too many open files/i);
    },
  },
];
