import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeScratchFolder, removeScratchFolder } from '../tests/harness/scratch-folder.ts';
import { Load } from './soak/load.ts';
import { MemoryWatch } from './soak/memory-watch.ts';
import { OutputCheck } from './soak/output-check.ts';
import { startSoaked } from './soak/soaked-module.ts';

// npm run soak -- --minutes 30 [--detached]
// One module under a mixed load, each byte checked. Ends with status 1 after any error or when memory grows by more
// than 5 %: median of the last quarter of the time against that of the second; the first one is the warm-up.

const MOST_GROWTH = 0.05;
const SAMPLE_MS = 10_000;
/** Short runs are sampled more often. */
const FEWEST_SAMPLES = 60;
const REPORT_MS = 60_000;

const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, detached: { type: 'boolean', default: false } },
});
const totalMs = Number(options.minutes) * 60_000;

const folder = makeScratchFolder('soak');
const log = join(folder, 'log');
const module = await startSoaked(folder, log, options.detached);
const load = new Load(module.directory);
const output = new OutputCheck(log);
const memory = new MemoryWatch(module.pid);
const descriptorsBefore = memory.descriptors();

const startedMs = performance.now();
const every = (milliseconds: number, work: () => void): NodeJS.Timeout => setInterval(work, milliseconds);
const timers = [
  every(Math.min(SAMPLE_MS, totalMs / FEWEST_SAMPLES), () => {
    if (memory.sample() > 0) return;
    load.complain('the module has ended');
    load.stop();
  }),
  every(1000, () => output.follow()),
  every(REPORT_MS, () => {
    const minutes = ((performance.now() - startedMs) / 60_000).toFixed(0);
    const operations = load.work.reduce((sum, work) => sum + work.operations, 0);
    console.log(
      `${minutes} min: ${operations} operations, ${load.errors.length} errors, ${memory.sample().toFixed(1)} MB`,
    );
  }),
];
const deadline = setTimeout(() => load.stop(), totalMs);
memory.sample();
await load.run();
clearTimeout(deadline);
for (const timer of timers) clearInterval(timer);
memory.sample();
const descriptorsAfter = memory.descriptors();
const verdict = memory.verdict();
const wrongEnd = await module.end();
output.finish(load.written);

const problems = [...load.errors, ...output.problems];
if (wrongEnd !== undefined) problems.push(wrongEnd);
if (descriptorsAfter > descriptorsBefore + 2)
  problems.push(`open descriptors: ${descriptorsBefore} at the start, ${descriptorsAfter} at the end`);
if (verdict.growth > MOST_GROWTH) problems.push('memory grew by more than 5 %');
for (const { name, operations, longestMs } of load.work)
  console.log(
    `${name.padEnd(20)} ${String(operations).padStart(8)} operations, longest ${longestMs.toFixed(0)} ms`,
  );
const mb = (value: number): string => `${value.toFixed(1)} MB`;
console.log(
  `memory: ${mb(verdict.startMb)} at the start, ${mb(verdict.endMb)} at the end; median of the second quarter ${mb(verdict.secondQuarterMb)}, ` +
    `of the last ${mb(verdict.lastQuarterMb)} (${(verdict.growth * 100).toFixed(1)} %), slope ${verdict.slopeMbPerHour.toFixed(1)} MB/h, ${verdict.samples} samples`,
);
for (const problem of problems) console.log(`ERROR: ${problem}`);
const operations = load.work.reduce((sum, work) => sum + work.operations, 0);
console.log(`${operations} operations, ${problems.length} errors`);
await removeScratchFolder(folder);
process.exitCode = problems.length === 0 ? 0 : 1;
