import type { ServedModules } from './dashboard-options.ts';

/** A module that is healthy answers now, or has within that time. */
const HEALTH_AGE_MS = 1000;

/**
 * Whether the one module that is served answers; `onlyModule` is its name, a byte string. Where all modules are served the
 * server itself is what is healthy: scripts come and go.
 */
export async function isHealthy(modules: ServedModules, onlyModule: string | undefined): Promise<boolean> {
  if (onlyModule === undefined) return true;
  const runs = modules.list().some(({ entry }) => entry.name === onlyModule);
  const observer = runs ? modules.observer(onlyModule) : undefined;
  if (observer === undefined) return false;
  return observer.describe(HEALTH_AGE_MS).then(
    () => true,
    () => false,
  );
}
