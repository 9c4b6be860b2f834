import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../e2e/running-stap.ts';
import { repositoryRoot, type Finished } from '../harness/command.ts';
import { mountsBelow } from '../harness/scratch-folder.ts';
import type { Client } from './client.ts';
import { expectEqual } from './expect.ts';
import { FILES_SCRIPT, type FaultRound } from './fault-round.ts';

/** The command that attaches. */
export const staprun = join(repositoryRoot, 'staprun');
/** The command that ends modules. */
export const rmmod = join(repositoryRoot, 'stap-rmmod');

/** A module in the background, with what a running script has that clients need. */
export interface Background {
  readonly directory: string;
  readonly pid: number;
}

/** The process that a module's entry names; undefined when there is no entry. */
export function ownerPid(round: FaultRound): number | undefined {
  try {
    const entry = JSON.parse(readFileSync(`${round.root}/.${round.moduleName}/entry.json`, 'latin1')) as {
      pid: number;
    };
    return entry.pid;
  } catch {
    return undefined;
  }
}

/** Starts FILES_SCRIPT in the background and waits until its files are there. */
export async function startDetached(round: FaultRound, options: readonly string[] = []): Promise<Background> {
  const result = await round.run(join(repositoryRoot, 'stap'), [
    '-F',
    ...options,
    '-m',
    round.moduleName,
    '-e',
    FILES_SCRIPT,
  ]);
  expectEqual('status of stap -F', result.status, 0);
  const pid = ownerPid(round);
  if (pid === undefined) throw new Error(`no entry: ${result.stderr}`);
  return { directory: `${round.root}/${round.moduleName}`, pid };
}

/** Clients attached one after the other, each with its output in a file of its own. */
export class Attached {
  readonly #round: FaultRound;
  readonly #files: string[] = [];

  constructor(round: FaultRound) {
    this.#round = round;
  }

  /** Attaches and waits for output: what was kept so far, at least what the begin probe printed. */
  async client(): Promise<Client> {
    const file = join(this.#round.folder, `attached-${this.#files.length}`);
    this.#files.push(file);
    const client = this.#round.client(
      `exec ${staprun} -A ${this.#round.moduleName} >${file} 2>${file}.messages`,
      {
        silent: true,
      },
    );
    await until(
      'output at the client',
      () => client.isOver || (existsSync(file) && readFileSync(file).length > 0),
    );
    return client;
  }

  /** What all of them got, in order. */
  text(): string {
    return this.#files.map((file) => (existsSync(file) ? readFileSync(file, 'latin1') : '')).join('');
  }
}

/** Ends the module if it lives; waits until it is gone. */
export async function remove(round: FaultRound): Promise<Finished> {
  const result = await round.run(rmmod, ['-f', round.moduleName]);
  await until('its end', () => ownerPid(round) === undefined && mountsBelow(round.root).length === 0, 5000);
  return result;
}
