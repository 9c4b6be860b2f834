import axe from 'axe-core';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningStap } from '../e2e/running-stap.ts';
import { hasChromium, openPage, startBrowser } from './browser-session.ts';
import { RICH_SCRIPT, startDashboard } from './dashboard-run.ts';

const SCREENS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
  'phone-dark': { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
};
/** Pictures of all sections are left there, for people to look at. */
const pictures = process.env['STAP_SCREENSHOTS'] ?? join(tmpdir(), 'stap-screenshots');

/** What axe finds to be serious or critical, and what is broader than the screen. */
async function problems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate(
    `axe.run(document).then(({ violations, passes }) => [
       ...(passes.length > 5 ? [] : ['axe saw nothing']),
       ...violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
         .map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')),
       ...(document.documentElement.scrollWidth > innerWidth ? ['broader than the screen'] : []),
     ])`,
  );
  return found as string[];
}

describe.skipIf(!hasChromium())('the dashboard for everybody', () => {
  let browser: Browser;
  let stap: RunningStap;
  let url: string;
  beforeAll(async () => {
    browser = await startBrowser();
    ({ stap, url } = await startDashboard({
      script: RICH_SCRIPT,
      options: ['-m', 'demo', '-D', 'MAXERRORS=100'],
    }));
    mkdirSync(pictures, { recursive: true });
  });
  afterAll(async () => {
    await browser.close();
    await stap.dispose();
  });

  test.each(Object.entries(SCREENS))(
    'has no serious fault and fits: %s',
    async (screen, options) => {
      const { page, faults } = await openPage(browser, url, options);
      const found: Record<string, string[]> = {};
      const look = async (name: string): Promise<void> => {
        await page.screenshot({ path: join(pictures, `${name}-${screen}.png`), fullPage: true });
        found[name] = await problems(page);
      };
      const tab = (name: string) => page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
      await page.getByRole('region', { name: 'Histogram of latency' }).waitFor();
      await expect.poll(() => page.locator('.sparkline').count()).toBeGreaterThan(1);
      // Its handler fails: there is an error to be shown.
      await stap.sh('echo 5 > broken');
      await page.getByRole('button', { name: 'Set most' }).click();
      await look('overview');
      await tab('Files');
      await page.getByRole('button', { name: 'x', exact: true }).click();
      await page.getByText('abc').waitFor();
      await look('files-text');
      await page.getByRole('button', { name: 'table' }).click();
      await page.getByRole('columnheader', { name: 'HITS' }).waitFor();
      await look('files-table');
      await page.getByRole('button', { name: 'stats/all' }).click();
      await page.getByRole('switch', { name: 'Live' }).click();
      await new Promise((resolve) => setTimeout(resolve, 3500));
      await look('files-plot');
      await tab('Probes');
      await page.getByText('timer.ms(50)').first().waitFor();
      await look('probes');
      await tab('Output');
      await page.getByText(/^tick/).first().waitFor();
      await page.getByPlaceholder('Show only lines with').fill('t');
      await look('output');
      await tab('Source');
      await page.locator('.source li.error').first().waitFor();
      await look('source');
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      await look('keys');
      expect(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0))).toEqual({});
      expect(faults).toEqual([]);
    },
    90_000,
  );

  test('asks for the token without a serious fault', async () => {
    const { page } = await openPage(browser, new URL(url).origin);
    await page.getByLabel('Token').waitFor();
    await page.screenshot({ path: join(pictures, 'token-light.png') });
    expect(await problems(page)).toEqual([]);
  });

  test('changes its colours, and remembers that', async () => {
    const { page, faults } = await openPage(browser, url, { colorScheme: 'light' });
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.getByText('Uptime').waitFor();
    const light = await ground();
    await page.keyboard.press('t');
    expect(await ground()).toBe(light);
    await page.keyboard.press('t');
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: Dark' }).waitFor();
    expect(await ground()).not.toBe(light);
    expect(faults).toEqual([]);
  });

  test('is used with the keyboard alone', async () => {
    const { page, faults } = await openPage(browser, url);
    const focused = () =>
      page.evaluate(
        `(() => { const e = document.activeElement; return (e.getAttribute('aria-label') ?? e.textContent).trim(); })()`,
      );
    const tabUntil = async (name: string): Promise<void> => {
      for (let presses = 0; (await focused()) !== name; presses++) {
        expect(presses, `Tab never comes to ${name}`).toBeLessThan(60);
        await page.keyboard.press('Tab');
      }
    };
    await page.getByText('Uptime').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page.keyboard.press('2');
    await tabUntil('x');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await page.getByText('abc').waitFor();
    await tabUntil('Live');
    await page.keyboard.press('Space');
    await expect.poll(() => page.getByRole('switch').getAttribute('aria-checked')).toBe('true');
    // Three stops further is the field, behind the choice of the view and the text.
    for (let presses = 0; presses < 3; presses++) await page.keyboard.press('Tab');
    await page.keyboard.type('typed 12');
    await page.keyboard.press('Enter');
    await stap.printed('typed 12\n');
    await page.getByRole('tab', { name: /^Files/ }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toMatch(/^Probes/);
    await page.keyboard.press('End');
    expect(await focused()).toMatch(/^Source/);
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toMatch(/^Overview/);
    await tabUntil('Set most');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('Set most');
    await page.keyboard.press('4');
    await page.getByRole('log').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('typed');
    await page.locator('.log mark').first().waitFor();
    await page.getByRole('tab', { name: /^Output/ }).focus();
    await page.keyboard.press('p');
    expect(await page.getByRole('button', { name: 'Pause scrolling' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    expect(await focused()).toMatch(/^Output/);
    expect(faults).toEqual([]);
  });
});
