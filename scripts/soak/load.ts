import { open, readFile, stat } from 'node:fs/promises';
import { runCommand } from '../../tests/harness/command.ts';
import { FILE_SIZES, textProblem, writtenLine } from './script-under-load.ts';

/** No operation may take longer. */
const PATIENCE_MS = 2000;
const WRITERS = 3;

/** What one kind of client did. */
export interface Work {
  readonly name: string;
  operations: number;
  longestMs: number;
}

/** An operation that is repeated, with a pause between two. */
interface Kind {
  readonly name: string;
  readonly pauseMs: number;
  /** Resolves to what is wrong, undefined when all is well. */
  readonly run: (turn: number) => Promise<string | undefined>;
}

/** A mixed load at a bounded rate on the files of the soaked script: some 200 operations a second. */
export class Load {
  readonly work: Work[] = [];
  readonly errors: string[] = [];
  /** Acknowledged writes of each writer. */
  readonly written: number[] = [];
  readonly #directory: string;
  #over = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Runs until `stop`; resolves when the last operations are done. */
  async run(): Promise<void> {
    const kinds = [...this.#readers(), ...this.#writers(), ...this.#programs(await hasPython())];
    await Promise.all(kinds.map((kind) => this.#repeat(kind)));
  }

  stop(): void {
    this.#over = true;
  }

  complain(text: string): void {
    if (this.errors.length < 50) this.errors.push(text);
  }

  async #repeat(kind: Kind): Promise<void> {
    const work: Work = { name: kind.name, operations: 0, longestMs: 0 };
    this.work.push(work);
    for (let turn = 0; !this.#over; turn++) {
      const startedMs = performance.now();
      const problem = await kind.run(turn).catch((error: unknown) => String(error));
      const tookMs = performance.now() - startedMs;
      work.operations += 1;
      work.longestMs = Math.max(work.longestMs, tookMs);
      if (problem !== undefined) this.complain(`${kind.name}: ${problem}`);
      if (tookMs > PATIENCE_MS) this.complain(`${kind.name}: took ${tookMs.toFixed(0)} ms`);
      await new Promise((resolve) => setTimeout(resolve, kind.pauseMs * (0.5 + Math.random())));
    }
  }

  #readers(): Kind[] {
    const readers = FILE_SIZES.map((size) => ({
      name: `read ${size}`,
      pauseMs: 40,
      run: async () => textProblem(await readFile(`${this.#directory}/r${size}`, 'latin1'), size),
    }));
    let last = 0;
    const poller = {
      name: 'poll counter',
      pauseMs: 50,
      run: async () => {
        const value = Number(await readFile(`${this.#directory}/counter`, 'latin1'));
        const problem = value >= last ? undefined : `${value} after ${last}`;
        last = value;
        return problem;
      },
    };
    const statistics = {
      name: 'read stats',
      pauseMs: 100,
      run: async () =>
        /^\d+ \d+\n(\d+ \d+\n){0,20}$/.test(await readFile(`${this.#directory}/stats`, 'latin1'))
          ? undefined
          : 'malformed text',
    };
    const status = {
      name: 'stat',
      pauseMs: 30,
      run: async () => ((await stat(`${this.#directory}/w`)).mode === 0o100200 ? undefined : 'wrong mode'),
    };
    return [...readers, poller, statistics, status];
  }

  #writers(): Kind[] {
    const writers = Array.from({ length: WRITERS }, (_, writer) => {
      this.written.push(0);
      return {
        name: `write ${writer}`,
        pauseMs: 50,
        run: async (turn: number) => {
          const file = await open(`${this.#directory}/w`, 'r+').catch(() =>
            open(`${this.#directory}/w`, 'w'),
          );
          try {
            const line = Buffer.from(writtenLine(writer, turn), 'latin1');
            const { bytesWritten } = await file.write(line);
            this.written[writer] = turn + 1;
            return bytesWritten === line.length ? undefined : `${bytesWritten} of ${line.length} bytes`;
          } finally {
            await file.close();
          }
        },
      };
    });
    const echo = {
      name: 'write and read back',
      pauseMs: 60,
      run: async (turn: number) => {
        const text = `${turn}:${'e'.repeat(turn % 500)}`;
        const file = await open(`${this.#directory}/echo`, 'r+');
        try {
          await file.write(text);
        } finally {
          await file.close();
        }
        const back = await readFile(`${this.#directory}/echo`, 'latin1');
        return back === text ? undefined : `${back.length} other bytes instead of ${text.length}`;
      },
    };
    return [...writers, echo];
  }

  /** Ordinary programs, which open files in their own ways. */
  #programs(python: boolean): Kind[] {
    const program = (name: string, pauseMs: number, command: string, size: number): Kind => ({
      name,
      pauseMs,
      run: async () => {
        const result = await runCommand('/bin/sh', ['-c', command], {
          cwd: this.#directory,
          timeoutMs: 10_000,
        });
        if (result.status !== 0 || result.stderr !== '')
          return `status ${String(result.status)}: ${result.stderr.slice(0, 200)}`;
        return textProblem(result.stdout, size);
      },
    });
    return [
      program('cat', 300, 'cat r4096', 4096),
      program('dd in pieces', 500, 'dd if=r16384 bs=777 status=none', 16_384),
      program('tail', 500, 'tail -c +1 r1024', 1024),
      program('dd skipping', 700, 'exec 3<r4096; dd bs=64 count=1 status=none <&3; cat <&3', 4096),
      ...(python
        ? [
            program(
              'python',
              2000,
              `python3 -c 'import sys; sys.stdout.write(open("r65536").read())'`,
              65_536,
            ),
          ]
        : []),
    ];
  }
}

async function hasPython(): Promise<boolean> {
  return (await runCommand('python3', ['-c', ''])).status === 0;
}
