import { defineConfig } from 'vitest/config';

/** Files whose tests mount a directory that they serve themselves. */
const MOUNTING = 'src/procfs/module-directory.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tests/differential/**/*.test.ts', 'tests/docs/**/*.test.ts'],
          exclude: [MOUNTING],
          pool: 'forks',
          // The program has no state in modules, so files may share a process; it halves the time.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'mounts',
          include: [MOUNTING],
          // A process of its own: who serves files must not share a thread pool with others that use them.
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
