/** Whether a node of one of the kinds is anywhere in plain data. */
export function mentions(data: unknown, kinds: readonly string[]): boolean {
  if (typeof data !== 'object' || data === null) return false;
  if ('kind' in data && typeof data.kind === 'string' && kinds.includes(data.kind)) return true;
  return Object.values(data).some((value) => mentions(value, kinds));
}
