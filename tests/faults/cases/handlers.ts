import type { FaultCase } from '../fault-case.ts';
import { expectCleanEnd, expectEqual, expectMatch } from '../expect.ts';
import type { FaultRound } from '../fault-round.ts';

// Handlers that misbehave, with other programs using files at the same time.

/** The file `bad` with this handler's body beside the usual files. */
const scriptWith = (body: string): string => String.raw`
global n
probe procfs("bad").read.maxsize(1100000) { ${body} }
probe procfs("r").read { $value = "abc\n" }
probe procfs("w").write { print($value) }
probe error { println("error") }
probe end { println("end") }`;

/** Reads `bad` in the middle of other work; resolves to what the reader got. */
async function readBad(
  round: FaultRound,
  body: string,
  options: readonly string[] = [],
): Promise<{ readonly text: string; readonly stap: Awaited<ReturnType<FaultRound['start']>> }> {
  const stap = await round.startLogged({ script: scriptWith(body), options });
  round.readerLoop(stap);
  round.writerLoop(stap);
  await round.pause(100);
  const reader = round.client(`cat ${stap.directory}/bad 2>/dev/null`);
  return { text: (await reader.ended).stdout, stap };
}

export const handlers: readonly FaultCase[] = [
  {
    name: 'a read handler loops until its budget is over',
    async run(round) {
      const { stap, text } = await readBad(round, '$value = "so far\\n"; while (1) n++');
      const end = await stap.end();
      expectEqual('status', end.status, 1);
      expectMatch('messages', end.stderr, /^ERROR: MAXACTION exceeded near/);
      if (text !== '' && text !== 'so far\n') throw new Error(`the reader got ${JSON.stringify(text)}`);
      await round.clientsEnd();
      expectMatch('output', round.log(), /error\n$/);
    },
  },
  {
    name: 'a read handler with a large budget loops',
    async run(round) {
      const { stap } = await readBad(round, 'while (1) n++', ['-DMAXACTION=3000000']);
      expectEqual('status', (await stap.end()).status, 1);
      await round.clientsEnd();
    },
  },
  {
    name: 'a read handler fails',
    async run(round) {
      const { stap } = await readBad(round, 'error("boom")');
      const end = await stap.end();
      expectEqual('status', end.status, 1);
      expectMatch('messages', end.stderr, /^ERROR: boom near /);
      await round.clientsEnd();
    },
  },
  {
    name: 'a read handler fails now and then, and errors are suppressed',
    async run(round) {
      const { stap } = await readBad(round, 'n++; if (n % 3) error("boom"); $value = "fine\\n"', [
        '--suppress-handler-errors',
      ]);
      const reader = round.client(
        `for i in 1 2 3 4 5 6; do cat ${stap.directory}/bad 2>/dev/null; echo .; done`,
      );
      expectMatch('reader', (await reader.ended).stdout, /fine/);
      await round.stopClients();
      expectEqual('status', (await stap.stop()).status, 0);
    },
  },
  {
    name: 'a read handler calls exit()',
    async run(round) {
      const { stap, text } = await readBad(round, '$value = "last words\\n"; exit()');
      expectCleanEnd(await stap.end());
      expectEqual('the reader got', text, 'last words\n');
      await round.clientsEnd();
      expectMatch('output', round.log(), /end\n$/);
    },
  },
  {
    name: 'a read handler makes a megabyte',
    async run(round) {
      const body = 'for (i = 0; i < 2097; i++) $value .= sprintf("%499d\\n", i)';
      const { stap, text } = await readBad(round, body, ['-DMAXACTION=10000']);
      expectEqual('bytes', text.length, 2097 * 500);
      const more = Array.from({ length: 4 }, () => round.client(`wc -c < ${stap.directory}/bad`));
      for (const client of more) expectEqual('bytes', (await client.ended).stdout, `${2097 * 500}\n`);
      await round.stopClients();
      expectCleanEnd(await stap.stop());
    },
  },
];
