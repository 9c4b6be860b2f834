import { defineConfig } from 'vitest/config';

/**
 * Tests on real mounts with real programs. They mostly wait for other processes, so a few files run side by side
 * even on two processors.
 */
/** STAP_TEST_PATIENCE: how many times as long as usual tests wait. */
const patience = Number(process.env['STAP_TEST_PATIENCE'] ?? 1);

export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts', 'tests/examples/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 30_000 * patience,
    hookTimeout: 30_000 * patience,
  },
});
