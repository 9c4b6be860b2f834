import { defineConfig } from 'vitest/config';

/** Tests that need a kernel with kprobes and fentry: `npm run test:vm` runs them in a virtual machine. */
export default defineConfig({
  test: {
    include: ['tests/vm/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    // A machine without the processor's help for virtual ones is some twenty times slower.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
