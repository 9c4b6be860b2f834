import { parseArgs } from 'node:util';
import { runCommand, stapPath } from '../harness/command.ts';
import { finishRunner, type Skip } from '../harness/test-report.ts';
import { allCases } from './all-cases.ts';
import type { FaultCase } from './fault-case.ts';
import { FaultRound } from './fault-round.ts';
import { Random, seedOfRound } from './random.ts';

// npm run test:faults [-- --short] [--rounds N] [--seed N] [--case TEXT] [--width N]
// Each case runs once, then cases are chosen at random. A failed round prints how to repeat it.

const FULL_ROUNDS = 240;
const SHORT_ROUNDS = 64;
/** After this the shortened form leaves out rounds of cases that have had theirs. */
const SHORT_MS = 25_000;
/** A report of a failed round is cut there. */
const REPORT_CHARACTERS = 6000;
const CASE_TIMEOUT_MS = 60_000;
const LONG_CASE_TIMEOUT_MS = 900_000;

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seed: { type: 'string' },
    case: { type: 'string' },
    width: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
  },
});
const seed = options.seed === undefined ? Date.now() >>> 0 : Number(options.seed);
const wanted = allCases.filter(({ name }) => options.case === undefined || name.includes(options.case));

interface Turn {
  readonly faultCase: FaultCase;
  readonly seed: number;
}

const isRoot = process.getuid?.() === 0;
const skipped: Skip[] = wanted
  .filter((faultCase) => faultCase.needsRoot === true && !isRoot)
  .map(({ name }) => ({ name, reason: 'it changes users or mounts, which needs root' }));
const possible = wanted.filter((faultCase) => isRoot || faultCase.needsRoot !== true);

/** The rounds in order: those that want the machine for themselves, each other once, then random choice. */
function plan(): Turn[] {
  const once = possible.filter((faultCase) => faultCase.once === true);
  const others = possible.filter((faultCase) => faultCase.once !== true);
  const lots = others.flatMap((faultCase) => Array.from({ length: faultCase.weight ?? 1 }, () => faultCase));
  const cases = [...once, ...others];
  const rounds = Number(options.rounds ?? (options.short ? SHORT_ROUNDS : FULL_ROUNDS));
  const random = new Random(seed);
  const [first, ...rest] = lots;
  while (first !== undefined && cases.length < rounds) cases.push(random.pick([first, ...rest]));
  return cases.slice(0, rounds).map((faultCase, index) => ({ faultCase, seed: seedOfRound(seed, index) }));
}

/** What is wrong; '' when all is well. */
async function play({ faultCase, seed: roundSeed }: Turn): Promise<string> {
  const round = new FaultRound(new Random(roundSeed), options.short);
  const found: string[] = [];
  const limitMs = faultCase.once === true ? LONG_CASE_TIMEOUT_MS : CASE_TIMEOUT_MS;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${limitMs / 1000} s`)), limitMs);
  });
  try {
    await Promise.race([faultCase.run(round), tooLong]);
  } catch (error) {
    found.push(error instanceof Error ? error.message : String(error));
    await round.abandon();
  } finally {
    clearTimeout(timer);
  }
  found.push(...(await round.findings()));
  const messages = found.length === 0 ? '' : round.messages();
  await round.clear();
  longestWaitMs = Math.max(longestWaitMs, round.longestWaitMs());
  if (found.length === 0) return '';
  const repeat = `npm run test:faults -- ${options.short ? '--short ' : ''}--rounds 1 --seed ${roundSeed} --case ${JSON.stringify(faultCase.name)}`;
  return [
    `FAILED ${faultCase.name}`,
    `  repeat: ${repeat}`,
    ...found.map((line) => `  ${line}`),
    messages,
  ].join('\n');
}

let longestWaitMs = 0;
const startedMs = performance.now();
const failures: string[] = [];
const durations = new Map<string, number[]>();
let passed = 0;

async function playAndCount(turn: Turn): Promise<void> {
  const beganMs = performance.now();
  const failure = await play(turn);
  const took = durations.get(turn.faultCase.name) ?? [];
  durations.set(turn.faultCase.name, [...took, performance.now() - beganMs]);
  if (failure === '') {
    passed += 1;
    return;
  }
  failures.push(failure);
  process.stdout.write(Buffer.from(`${failure.slice(0, REPORT_CHARACTERS)}\n\n`, 'latin1'));
}

/** Takes turns off the queue until it is empty. */
async function playAll(queue: Turn[]): Promise<void> {
  for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
    const isLate = options.short && options.rounds === undefined && performance.now() - startedMs > SHORT_MS;
    if (!isLate || !durations.has(turn.faultCase.name)) await playAndCount(turn);
  }
}

if (options.list) {
  for (const { name } of allCases) console.log(name);
} else {
  // A build on the first start would look like a stuck client.
  const version = await runCommand(stapPath, ['-V'], { timeoutMs: 120_000 });
  if (version.status !== 0) throw new Error(`stap does not work: ${version.stderr}`);
  const turns = plan();
  console.log(`seed ${seed}, ${turns.length} rounds of ${possible.length} cases`);
  await playAll(turns.filter(({ faultCase }) => faultCase.once === true));
  const queue = turns.filter(({ faultCase }) => faultCase.once !== true);
  await Promise.all(Array.from({ length: Number(options.width) }, () => playAll(queue)));
  for (const [name, tookMs] of durations) {
    const longest = Math.max(...tookMs) / 1000;
    console.log(`${String(tookMs.length).padStart(4)} x ${name} (at most ${longest.toFixed(1)} s)`);
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(`longest wait of a client: ${longestWaitMs.toFixed(0)} ms; ${seconds} s in all; seed ${seed}`);
  finishRunner({ passed, failed: failures.length, skipped });
}
