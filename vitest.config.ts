import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/differential/**/*.test.ts'],
    // A process for each file: tests that mount and use files must not share the thread pool of others.
    pool: 'forks',
  },
});
