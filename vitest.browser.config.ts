import { defineConfig } from 'vitest/config';

/**
 * Tests of the dashboard's page in a real browser, with a real stap behind it.
 * STAP_TEST_PATIENCE: how many times as long as usual tests wait.
 */
const patience = Number(process.env['STAP_TEST_PATIENCE'] ?? 1);

export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    pool: 'forks',
    // Browsers have several processes each.
    maxWorkers: 2,
    expect: { poll: { timeout: 10_000 * patience } },
    testTimeout: 60_000 * patience,
    hookTimeout: 60_000 * patience,
  },
});
