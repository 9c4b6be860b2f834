import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { until, type RunningStap } from '../e2e/running-stap.ts';
import { browserFixture } from './browser-fixture.ts';
import { hasChromium, openPage, type WatchedPage } from './browser-session.ts';
import { RICH_SCRIPT, scratchPath, startDashboard } from './dashboard-run.ts';

const SEED = String.raw`probe procfs("x").read { $value = "abc\n" } probe procfs("x").write { printf("%s", $value) }`;

describe.skipIf(!hasChromium())('the dashboard in a browser', () => {
  const fixture = browserFixture();
  const { started, folders } = fixture;

  const open = async (
    run: Parameters<typeof startDashboard>[0],
    expected?: readonly RegExp[],
  ): Promise<WatchedPage & { readonly stap: RunningStap }> => {
    const { stap, url } = await startDashboard(run);
    started.push(stap);
    return { stap, ...(await openPage(fixture.browser, url, {}, expected)) };
  };
  const tab = (page: Page, name: string) => page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();

  test('shows the file, writes to it, and shows what the script prints then', async () => {
    const { page, stap, faults } = await open({ script: SEED });
    await tab(page, 'Files');
    await page.getByRole('row', { name: /-rw------- x/ }).waitFor();
    await page.getByRole('button', { name: 'x', exact: true }).click();
    await expect.poll(() => page.locator('pre.content').textContent()).toBe('abc\n');
    await page.getByLabel('Write to x').fill('hello from the page');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Written to x.').waitFor();
    await stap.printed('hello from the page\n');
    await page.getByLabel(/Several lines/).check();
    await page.getByLabel('Write to x').fill('two\nlines <b>\n');
    await page.getByLabel('Write to x').press('Control+Enter');
    await stap.printed('two\nlines <b>\n');
    await tab(page, 'Output');
    await page.getByRole('log').getByText('lines <b>').waitFor();
    await page.getByPlaceholder('Show only lines with').fill('HELLO');
    await expect.poll(() => page.locator('.log .line').count()).toBe(1);
    expect(await page.locator('.log mark').textContent()).toBe('hello');
    expect(faults).toEqual([]);
  });

  test('plots a counter that moves', async () => {
    const { page, faults } = await open({ script: RICH_SCRIPT });
    const value = async (): Promise<number> =>
      Number((await page.locator('[data-series="hits"]').textContent())?.replace(/\D/g, ''));
    await expect.poll(value).toBeGreaterThan(0);
    const [firstValue, firstPicture] = [await value(), await page.locator('.plot canvas').screenshot()];
    await expect.poll(value).toBeGreaterThan(firstValue + 20);
    expect((await page.locator('.plot canvas').screenshot()).equals(firstPicture)).toBe(false);
    expect(await page.getByRole('img', { name: /^Plot of hits\. hits: \d+, between/ }).count()).toBe(1);
    expect(await page.locator('.scalars .sparkline').count()).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  test('plots a file of numbers while it is live, and makes a table of columns', async () => {
    const { page, faults } = await open({ script: RICH_SCRIPT });
    await tab(page, 'Files');
    await page.getByRole('button', { name: 'stats/all' }).click();
    await page.getByRole('switch', { name: 'Live' }).click();
    const hits = page.locator('[data-series="hits"]');
    const first = Number(await hits.textContent());
    await expect.poll(async () => Number(await hits.textContent())).toBeGreaterThan(first + 20);
    await page.getByLabel('View').selectOption('text');
    await expect.poll(() => page.locator('pre.content').textContent()).toMatch(/^hits \d+\nmost 10\n$/);
    await page.getByRole('button', { name: 'table' }).click();
    await page.getByRole('columnheader', { name: 'HITS' }).waitFor();
    expect(faults).toEqual([]);
  });

  test('draws statistics, sorts and searches arrays', async () => {
    const { page, faults } = await open({ script: RICH_SCRIPT });
    const histogram = page.getByRole('region', { name: 'Histogram of latency' });
    await histogram.getByRole('rowheader').first().waitFor();
    const array = page.getByRole('region', { name: 'Array calls' });
    await expect.poll(() => array.locator('tbody tr').count()).toBe(20);
    const second = array.getByRole('columnheader').nth(1);
    await second.getByRole('button').click();
    expect(await second.getAttribute('aria-sort')).toBe('descending');
    expect(await array.locator('tbody tr').first().locator('td').nth(1).textContent()).toBe('19');
    await page.getByLabel('Search in Array calls').fill('nobody');
    await expect.poll(() => array.locator('tbody tr').count()).toBe(0);
    expect(await page.getByRole('region', { name: 'Array times' }).locator('.small-histogram').count()).toBe(
      3,
    );
    expect(faults).toEqual([]);
  });

  test('shows everything that comes from a script as text', async () => {
    const { page, faults } = await open({ script: RICH_SCRIPT });
    await expect
      .poll(() => page.locator('[data-global="label"]').textContent())
      .toBe('<img src=x onerror=alert(1)>');
    await tab(page, 'Files');
    await page.getByRole('button', { name: 'label' }).click();
    await expect.poll(() => page.locator('pre.content').textContent()).toBe('<img src=x onerror=alert(1)>\n');
    expect(await page.locator('img').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('stays usable while a script floods its output, and keeps the newest lines', async () => {
    const { page, faults } = await open({
      script: String.raw`global n probe timer.ms(5) { for (i = 0; i < 100; i++) printf("line %d\n", n++) } probe procfs("x").read { $value = "" }`,
    });
    await tab(page, 'Output');
    await expect.poll(() => page.locator('.log .line').count()).toBe(2000);
    await page.getByRole('button', { name: 'Pause scrolling' }).click();
    const last = page.locator('.log .line').last();
    const text = await last.textContent();
    await page.getByText(/newer wait/).waitFor();
    expect(await last.textContent()).toBe(text);
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => page.locator('.log .line').count()).toBeGreaterThan(0);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toMatch(/^stap_.*\.txt$/);
    expect(faults).toEqual([]);
  });

  test('sets a global, and tells why it cannot', async () => {
    const { page, faults, stap } = await open({ script: RICH_SCRIPT }, [/status of 4\d\d/]);
    await page.getByRole('button', { name: 'Set most' }).click();
    await page.getByLabel('New value of most').fill('many');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText("'many' is not a number").waitFor();
    await page.getByLabel('New value of most').fill('3');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('[data-global="most"]').textContent()).toBe('3');
    expect(await stap.out('cat stats/all')).toMatch(/most 3/);
    expect(faults).toEqual([]);
  });

  test('switches a probe off and on again', async () => {
    const { page, faults, stap } = await open({ script: RICH_SCRIPT });
    const hits = async (): Promise<number> => Number(await stap.out('cat hits'));
    await tab(page, 'Probes');
    const probe = page.getByRole('switch', { name: /^timer\.ms\(50\)/ });
    await probe.click();
    await expect.poll(() => probe.getAttribute('aria-checked')).toBe('false');
    const still = await hits();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await hits()).toBe(still);
    await page.getByRole('button', { name: 'Pause all' }).click();
    // Probes that run at the end only cannot be switched.
    await page.getByText(/^2 of \d+ on$/).waitFor();
    await page.getByRole('button', { name: 'Resume all' }).click();
    await expect.poll(() => probe.getAttribute('aria-checked')).toBe('true');
    await expect.poll(hits).toBeGreaterThan(still);
    expect(faults).toEqual([]);
  });

  test('marks the line of an error', async () => {
    const { page, faults } = await open({ script: RICH_SCRIPT, options: ['-D', 'MAXERRORS=100'] }, [
      /status of 502/,
    ]);
    await tab(page, 'Files');
    await page.getByRole('button', { name: 'broken' }).click();
    await page.getByLabel('Write to broken').fill('5');
    await page.getByRole('button', { name: 'Send' }).click();
    await tab(page, 'Source');
    const line = page.locator('.source li.error');
    await line.waitFor();
    expect(await line.textContent()).toContain('strtol($value, 10) - 5');
    await page.getByRole('button', { name: /:23:/ }).click();
    expect(await page.evaluate(`document.activeElement.matches('.source li.error')`)).toBe(true);
    expect(faults).toEqual([]);
  });

  test('reloads the script; a wrong one is refused, with its lines', async () => {
    const script = scratchPath('reloaded.stp');
    folders.push(dirname(script));
    const text =
      'global hits = 40\nprobe timer.ms(100) { hits++ }\nprobe procfs("a").read { $value = "a" }\n';
    writeFileSync(script, text);
    const { page, faults } = await open({ options: [script] }, [/status of 422/]);
    const reload = page.getByRole('button', { name: 'Reload script' });
    writeFileSync(script, `${text}probe procfs("b").read { $value = nowhere() }\n`);
    await reload.click();
    await page.locator('.source').waitFor();
    await page.getByText('The script was not reloaded.').waitFor();
    expect(await page.locator('.findings .error').textContent()).toMatch(/:4:.*unresolved function/s);
    writeFileSync(script, `${text}probe procfs("b").read { $value = "b" }\n`);
    await reload.click();
    await page.getByText('Reloaded: kept hits.').waitFor();
    expect(await page.locator('.source li').last().textContent()).toContain('procfs("b")');
    expect(await page.locator('.findings').count()).toBe(0);
    await tab(page, 'Files');
    await page.getByRole('button', { name: 'b', exact: true }).waitFor();
    expect(faults).toEqual([]);
  });

  test('stops the module when that was confirmed', async () => {
    const { page, stap } = await open({ script: SEED });
    await page.getByRole('button', { name: 'Stop …' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(stap.isOver).toBe(false);
    await page.getByRole('button', { name: 'Stop …' }).click();
    await page.getByRole('button', { name: 'Stop it' }).click();
    await until('end of stap', () => stap.isOver);
    expect((await stap.end()).status).toBe(0);
    await page.getByText('ended', { exact: true }).or(page.getByText('Connection lost')).first().waitFor();
  });
});
