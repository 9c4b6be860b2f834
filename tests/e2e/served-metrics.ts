import { expect } from 'vitest';
import { runCommand } from '../harness/command.ts';
import { until, type RunningStap } from './running-stap.ts';

/** Where a run serves its metrics, as it says on standard error; waits until it does. */
export async function metricsUrl(stap: RunningStap): Promise<string> {
  const said = (): string | undefined => /^metrics: (http:\/\/\S+)$/m.exec(stap.stderr())?.[1];
  await until('address of the metrics', () => said() !== undefined || stap.isOver);
  const url = said();
  if (url === undefined) throw new Error(`stap ended early: ${stap.stderr()}`);
  return url;
}

/** The text that is served to whoever accepts `accept`. */
export async function scrape(url: string, accept = 'text/plain'): Promise<string> {
  const response = await fetch(url, { headers: { accept } });
  expect(response.status).toBe(200);
  return response.text();
}

/** Names of the samples in a text format. */
export function sampleNames(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^([A-Za-z_]\w*)[{ ]/gm)].map(([, name = '']) => name));
}

/** What `promtool check metrics` has to say, '' when all is well. */
export async function metricsFaults(text: string): Promise<string> {
  // Standard input is written as one byte for each character.
  const stdin = Buffer.from(text).toString('latin1');
  const { status, stdout, stderr } = await runCommand('promtool', ['check', 'metrics'], { stdin });
  return status === 0 ? stdout + stderr : `status ${String(status)}\n${stdout}${stderr}`;
}
