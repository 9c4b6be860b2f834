import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RunningStap, startStap } from '../e2e/running-stap.ts';
import { browserFixture } from './browser-fixture.ts';
import { hasChromium, openPage } from './browser-session.ts';
import { dashboardUrl, RICH_SCRIPT, scratchPath, startDashboard } from './dashboard-run.ts';

/** A browser tells on its console when nobody listens. */
const NOBODY_LISTENS = [/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|status of 401/];

describe.skipIf(!hasChromium())('the connection of the dashboard', () => {
  const fixture = browserFixture();
  const { started, folders } = fixture;
  const keep = (stap: RunningStap): RunningStap => {
    started.push(stap);
    return stap;
  };

  test('needs the token, which does not stay in the address', async () => {
    const { stap, url } = await startDashboard({ script: RICH_SCRIPT });
    keep(stap);
    const { origin, hash } = new URL(url);
    const { page, faults } = await openPage(fixture.browser, url, {}, NOBODY_LISTENS);
    await page.getByText('Uptime').waitFor();
    expect(page.url()).toBe(`${origin}/`);
    await page.reload();
    await page.getByText('Uptime').waitFor();
    const stranger = await openPage(fixture.browser, origin, {}, NOBODY_LISTENS);
    await stranger.page.getByLabel('Token').fill('not-the-token-at-all');
    await stranger.page.keyboard.press('Enter');
    await stranger.page.getByRole('alert').getByText('does not accept').waitFor();
    await stranger.page.getByLabel('Token').fill(hash.slice('#token='.length));
    await stranger.page.getByRole('button', { name: 'Open' }).click();
    await stranger.page.getByText('Uptime').waitFor();
    expect([...faults, ...stranger.faults]).toEqual([]);
  });

  test('comes back when the script was started again at the same place', async () => {
    const tokenFile = scratchPath('token');
    folders.push(dirname(tokenFile));
    const options = ['--token-file', tokenFile, '-m', 'again'];
    const first = await startDashboard({ script: RICH_SCRIPT, options });
    keep(first.stap);
    const { page, faults } = await openPage(fixture.browser, first.url, {}, NOBODY_LISTENS);
    await page.locator('.connection[data-connection="live"]').waitFor();
    await page.getByRole('tab', { name: /^Output/ }).click();
    await page.getByRole('log').getByText(/^tick/).first().waitFor();
    await first.stap.stop();
    await page.getByRole('status').getByText('Connection lost, trying again').waitFor();
    const address = new URL(first.url).host;
    const second = keep(
      await startStap({
        script: RICH_SCRIPT.replace('tick', 'second'),
        options: [`--dashboard=${address}`, ...options],
      }),
    );
    expect(await dashboardUrl(second)).toBe(first.url);
    await page.getByRole('status').getByText('Live').waitFor();
    await page.getByRole('tab', { name: /^Overview/ }).click();
    await page.getByText(String(second.pid), { exact: true }).waitFor();
    await page.getByRole('tab', { name: /^Output/ }).click();
    await page.getByRole('log').getByText('second 30', { exact: true }).waitFor();
    expect(faults).toEqual([]);
  });

  test('goes on when only the server was away; the list follows modules that come and go', async () => {
    const tokenFile = scratchPath('token');
    folders.push(dirname(tokenFile));
    const script = keep(await startStap({ script: RICH_SCRIPT, options: ['-m', 'listed'] }));
    const serve = (port: string): RunningStap =>
      keep(
        new RunningStap({
          root: script.root,
          options: [`--dashboard=127.0.0.1:${port}`, '--token-file', tokenFile],
        }),
      );
    const server = serve('0');
    const url = await dashboardUrl(server);
    const { page, faults } = await openPage(fixture.browser, url, {}, NOBODY_LISTENS);
    await page.getByRole('link', { name: /^listed/ }).click();
    await page.getByRole('heading', { name: 'listed' }).waitFor();
    await page.getByText('Uptime').waitFor();
    const other = keep(await startStap({ script: RICH_SCRIPT, options: ['-m', 'later'], root: script.root }));
    await page.getByRole('link', { name: /^later/ }).waitFor();
    await other.stop();
    await expect.poll(() => page.getByRole('link', { name: /^later/ }).count()).toBe(0);
    await server.stop();
    await page.getByRole('status').getByText('Connection lost, trying again').waitFor();
    expect(script.isOver).toBe(false);
    await dashboardUrl(serve(new URL(url).port));
    await page.getByRole('status').getByText('Live').waitFor();
    const value = async (): Promise<number> =>
      Number((await page.locator('[data-global="hits"]').textContent())?.replace(/\D/g, ''));
    const before = await value();
    await expect.poll(value).toBeGreaterThan(before);
    expect(faults).toEqual([]);
  });

  test('of a server that only shows offers no change', async () => {
    const { stap, url } = await startDashboard({ script: RICH_SCRIPT, options: ['--read-only'] });
    keep(stap);
    const { page, faults } = await openPage(fixture.browser, url);
    await page.getByText('read-only').waitFor();
    await page.getByText('Uptime').waitFor();
    for (const section of ['Overview', 'Files', 'Probes']) {
      await page.getByRole('tab', { name: new RegExp(`^${section}`) }).click();
      if (section === 'Files') await page.getByRole('button', { name: 'x', exact: true }).click();
      await page.getByRole('tabpanel').getByRole('table').first().waitFor();
      for (const name of [/^Set /, /^Send/, /^Reload/, /^Stop/, /^Pause all/])
        expect(await page.getByRole('button', { name }).count()).toBe(0);
    }
    expect(await page.getByRole('switch').count()).toBe(0);
    expect(faults).toEqual([]);
  });
});
