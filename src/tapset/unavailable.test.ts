import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unavailableMessage, unavailableReason } from './unavailable.ts';

describe('functions that cannot be had', () => {
  it('reads the reason of a body', () => {
    expect(unavailableReason('  unavailable stack ')).toBe('stack');
    expect(unavailableReason('unavailable nonsense')).toBeUndefined();
    expect(unavailableReason('intrinsic stack')).toBeUndefined();
  });

  it('makes a sentence of it', () => {
    expect(unavailableMessage('stack_used', 'kernel-memory')).toBe(
      "function 'stack_used' reads structures of the kernel that this version does not know",
    );
  });

  it('knows every reason the library names', () => {
    const folder = new URL('../../tapset/unavailable/', import.meta.url);
    const bodies = readdirSync(folder).flatMap((name) => [
      ...readFileSync(new URL(name, folder), 'latin1').matchAll(/^function (\w+).*%\{(.*)%\}$/gm),
    ]);
    expect(bodies.length).toBeGreaterThan(200);
    expect(
      bodies.filter((match) => unavailableReason(match[2] ?? '') === undefined).map((match) => match[1]),
    ).toEqual([]);
  });
});
