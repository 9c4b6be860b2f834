import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { patience } from '../harness/command.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Nothing of the browser's own shall go out, and a container has neither a sandbox nor a graphics card. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether there is a browser to test with. */
export function hasChromium(): boolean {
  return existsSync(CHROMIUM);
}

/** Debian's Chromium. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

/** A page, and everything that a page must not do. */
export interface WatchedPage {
  readonly page: Page;
  /** Messages of the console, errors, violations of the policy, requests to others; empty when all is well. */
  readonly faults: readonly string[];
}

/** Opens an address in a browser profile of its own. `expected`: messages that belong to the test. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  expected: readonly RegExp[] = [],
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(15_000 * patience);
  const faults: string[] = [];
  const note = (text: string): void => {
    if (!expected.some((pattern) => pattern.test(text))) faults.push(text);
  };
  const { origin } = new URL(url);
  context.on('request', (request) => {
    const address = new URL(request.url());
    if (address.origin !== origin) note(`request to ${request.url()}`);
    if (/token/i.test(address.search)) note(`token in ${request.url()}`);
  });
  await context.addInitScript(
    `addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));`,
  );
  const page = await context.newPage();
  page.on('console', (message) => note(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => note(`error: ${error.stack ?? error.message}`));
  await page.goto(url);
  return { page, faults };
}
