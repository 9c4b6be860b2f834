import { afterEach, describe, expect, test } from 'vitest';
import { makeRoot, RunningStap, until, type StapRun } from './running-stap.ts';
import { metricsFaults, metricsUrl, scrape } from './served-metrics.ts';

// What metrics and dashboard know of the time before their process could ask the module, and while it does not answer.

interface Line {
  readonly stream: string;
  readonly text: string;
}

const started: RunningStap[] = [];

afterEach(async () => {
  for (const stap of started.splice(0)) {
    stap.child.kill('SIGCONT');
    await stap.dispose();
  }
});

function start(run: StapRun): RunningStap {
  const stap = new RunningStap(run);
  started.push(stap);
  return stap;
}

/** A module with a dashboard, and how to ask for its output. */
async function withDashboard(
  script: string,
  ...options: string[]
): Promise<{ readonly stap: RunningStap; readonly output: () => Promise<readonly Line[]> }> {
  const stap = start({ script, options: ['--dashboard=127.0.0.1:0', '-m', 'early', ...options] });
  const line = /^dashboard: (http:\S+)\/#token=(\S+)$/m;
  await until('where it serves', () => line.test(stap.stderr()));
  const [, url = '', token = ''] = line.exec(stap.stderr()) ?? [];
  const output = async (): Promise<readonly Line[]> => {
    const answer = await fetch(`${url}/api/v1/modules/early/output?after=0`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    return answer.ok ? ((await answer.json()) as readonly Line[]) : [];
  };
  return { stap, output };
}

/** The output once it has a line of that text. */
async function outputWith(output: () => Promise<readonly Line[]>, text: string): Promise<readonly Line[]> {
  for (let tries = 0; tries < 200; tries++) {
    const lines = await output();
    if (lines.some((line) => line.text === text)) return lines;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the dashboard never shows ${text}`);
}

describe('output', () => {
  test('of the begin probes is there for a dashboard that is opened later', async () => {
    const { output } = await withDashboard(
      'probe begin { println("first") warn("careful") println("second") } probe timer.s(1) { println("live") }',
    );
    const lines = await outputWith(output, 'live');
    const texts = (stream: string): string[] =>
      lines.filter((line) => line.stream === stream).map(({ text }) => text);
    expect(texts('err')).toEqual(['WARNING: careful']);
    expect(texts('out').slice(0, 3)).toEqual(['first', 'second', 'live']);
  });

  test('from the first line on is shown without gap, each line once', async () => {
    const { output } = await withDashboard(
      `global n
      probe begin { for (i = 0; i < 500; i++) println(n++) }
      probe timer.ms(1) { println(n++); println(n++); if (n >= 3000) println("enough") }`,
    );
    const lines = await outputWith(output, 'enough');
    const numbers = lines.map(({ text }) => Number(text)).slice(0, 3000);
    expect(numbers).toEqual(Array.from({ length: 3000 }, (_, index) => index));
  });

  test('that was too much is cut at its beginning, and a line says so', async () => {
    const { output } = await withDashboard(
      `probe begin { for (i = 0; i < 1000; i++) printf("%0999d\\n", i) println("done") }`,
      // Written at once; through a pipe it comes as fast as it is read.
      '-o',
      '/dev/null',
    );
    const lines = await outputWith(output, 'done');
    expect(lines[0]?.text).toMatch(/^\(\d+ bytes of output are not shown\)$/);
    const missing = Number(/\d+/.exec(lines[0]?.text ?? '')?.[0]);
    const shown = lines.slice(1).map(({ text }) => text);
    expect(missing + shown.join('\n').length + 1).toBe(1_000_005);
    expect(shown.slice(-2)).toEqual([`${'0'.repeat(996)}999`, 'done']);
  });
});

describe('handler times', () => {
  const TIMES = /^stap_module_handler_seconds_count\{[^}]*probe="begin"[^}]*\} 1$/m;

  test('are measured from the begin probes on', async () => {
    const stap = start({
      script: 'global n probe begin { n++ } probe timer.s(100) { n++ }',
      options: ['--metrics=0'],
    });
    const url = await metricsUrl(stap);
    let text = '';
    for (let tries = 0; tries < 100 && !text.includes('stap_module_up'); tries++) text = await scrape(url);
    expect(text).toMatch(TIMES);
  });

  test('of all modules are measured when they are seen, not when they are asked for', async () => {
    const root = makeRoot();
    const all = start({ root, options: ['--metrics=0'] });
    const url = await metricsUrl(all);
    await start({
      root,
      script: 'global n probe timer.ms(20) { n++ } probe procfs("n").read { $value = "1" }',
      options: ['-m', 'later'],
    }).ready();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const count = /^stap_module_handler_seconds_count\{[^}]*probe="timer[^}]*\} (\d+)$/m.exec(
      await scrape(url),
    );
    expect(Number(count?.[1])).toBeGreaterThan(10);
  });
});

test('a string has one series, of its present value', async () => {
  const stap = start({
    script: 'global last probe procfs("in").write { last = $value }',
    options: ['--metrics=0'],
  });
  await stap.ready();
  const url = await metricsUrl(stap);
  for (const word of ['one', 'two', 'three']) {
    await stap.out(`printf ${word} > in`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const text = await scrape(url);
    expect(text.match(/^stap_last_info\{.*$/gm)).toEqual([
      `stap_last_info{script="<input>",value="${word}"} 1`,
    ]);
    expect(await metricsFaults(text)).toBe('');
  }
});

test('a module that is stopped is down within 3 seconds, and up again when it goes on', async () => {
  const stap = start({
    script: 'global n probe procfs("n").read { $value = sprint(++n) }',
    options: ['--metrics=0'],
  });
  await stap.ready();
  const url = await metricsUrl(stap);
  await stap.out('cat n');
  expect(await scrape(url)).toMatch(/^stap_module_up\{[^}]*\} 1$/m);
  stap.child.kill('SIGSTOP');
  for (let scrapes = 0; scrapes < 3; scrapes++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = performance.now();
    const text = await scrape(url);
    expect(performance.now() - before).toBeLessThan(3000);
    expect(text).toMatch(/^stap_module_up\{[^}]*\} 0$/m);
    expect(text).not.toMatch(/^stap_n/m);
  }
  stap.child.kill('SIGCONT');
  for (let tries = 0; tries < 50; tries++) {
    if (/^stap_module_up\{[^}]*\} 1$/m.test(await scrape(url))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the module stays down');
});
