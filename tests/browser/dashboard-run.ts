import { join } from 'node:path';
import { startStap, until, type RunningStap, type StapRun } from '../e2e/running-stap.ts';
import { makeScratchFolder } from '../harness/scratch-folder.ts';

/** A stap with a dashboard. */
export interface DashboardRun {
  readonly stap: RunningStap;
  /** With the token. */
  readonly url: string;
}

/** The address that a stap has printed. */
export async function dashboardUrl(stap: RunningStap): Promise<string> {
  const printed = (): string | undefined => /^dashboard: (http\S+)$/m.exec(stap.stderr())?.[1];
  await until('address of the dashboard', () => printed() !== undefined || stap.isOver, 15_000);
  const url = printed();
  if (url === undefined) throw new Error(`no dashboard: ${stap.stderr()}`);
  return url;
}

/** Starts a script with a dashboard on a free port. */
export async function startDashboard(run: StapRun): Promise<DashboardRun> {
  const stap = await startStap({
    ...run,
    options: ['--dashboard=127.0.0.1:0', ...(run.options ?? [])],
  });
  return { stap, url: await dashboardUrl(stap) };
}

/** Where a file for a test may be written. */
export function scratchPath(name: string): string {
  return join(makeScratchFolder('browser'), name);
}

/** A script with something for every section of the page. */
export const RICH_SCRIPT = String.raw`# Ticks of the timer since the start
global hits
# Ticks between two lines of output
global most = 10
global label = "<img src=x onerror=alert(1)>"
# A made-up time of a call, microseconds
global latency
global calls, times
probe timer.ms(50) {
  hits++
  latency <<< (hits * 7) % 100
  times[hits % 3] <<< hits % 50
  calls["bash", hits % 20]++
  if (hits % most == 0) printf("tick %d\n", hits)
}
probe timer.ms(700) { if (hits > 3) warn("more than three") }
probe procfs("x").read { $value = "abc\n" }
probe procfs("x").write { printf("%s", $value) }
probe procfs("hits").read { $value = sprintf("%d\n", hits) }
probe procfs("stats/all").read { $value = sprintf("hits %d\nmost %d\n", hits, most) }
probe procfs("table").read { $value = sprintf("CPU HITS\n0 %d\n1 %d\n", hits, hits / 2) }
probe procfs("label").read { $value = label . "\n" }
probe procfs("broken").write { printf("%d\n", 1 / (strtol($value, 10) - 5)) }
probe end { println(@hist_log(latency)); foreach (i in times) println(@hist_linear(times[i], 0, 50, 5)) }
`;
