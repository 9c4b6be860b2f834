import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { RunningStap } from '../e2e/running-stap.ts';
import { removeScratchFolder } from '../harness/scratch-folder.ts';
import { startBrowser } from './browser-session.ts';

/** A browser for a group of tests, and what they leave: ended and removed after them. */
export interface BrowserFixture {
  /** Once the tests run. */
  readonly browser: Browser;
  readonly started: RunningStap[];
  readonly folders: string[];
}

/** To be called in `describe`. */
export function browserFixture(): BrowserFixture {
  let browser: Browser | undefined;
  const started: RunningStap[] = [];
  const folders: string[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    for (const stap of started) await stap.dispose();
    for (const folder of folders) await removeScratchFolder(folder);
  });
  return {
    get browser() {
      if (browser === undefined) throw new Error('the browser has not been started');
      return browser;
    },
    started,
    folders,
  };
}
