import type { Limits } from '../module/limits.ts';

/** Limits without any `-D`. */
export const DEFAULT_LIMITS: Limits = limitsFromDefines([]);

/**
 * Limits as `-D` options set them, each `NAME` (1) or `NAME=VALUE`; the last one of a name wins. Values are C
 * integers; other names and values are C macros nobody looks at, accepted and without effect.
 */
export function limitsFromDefines(defines: readonly string[]): Limits {
  const values = parseDefines(defines);
  const value = (name: keyof Limits, fallback: number): number => values.get(name) ?? fallback;
  const MAXSTRINGLEN = Math.max(1, value('MAXSTRINGLEN', 512));
  const MAXACTION = value('MAXACTION', 1000);
  return {
    MAXSTRINGLEN,
    MAXACTION,
    MAXACTION_INTERRUPTIBLE: value('MAXACTION_INTERRUPTIBLE', MAXACTION * 10),
    MAXNESTING: values.get('MAXNESTING'),
    MAXMAPENTRIES: value('MAXMAPENTRIES', 2048),
    MAXERRORS: value('MAXERRORS', 0),
    MAXSKIPPED: value('MAXSKIPPED', 100),
    STP_PROCFS_BUFSIZE: Math.max(1, value('STP_PROCFS_BUFSIZE', MAXSTRINGLEN)),
    STP_BUFFER_SIZE: value('STP_BUFFER_SIZE', 8192),
    HIST_WIDTH: value('HIST_WIDTH', 50),
    HIST_ELISION: value('HIST_ELISION', 2),
  };
}

function parseDefines(defines: readonly string[]): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const define of defines) {
    const equals = define.indexOf('=');
    const name = equals < 0 ? define : define.slice(0, equals);
    const value = equals < 0 ? 1 : parseCInteger(define.slice(equals + 1));
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/** A C integer constant, perhaps in parentheses, with a sign and a suffix. */
function parseCInteger(text: string): number | undefined {
  const match = /^\(*\s*(-?)\s*(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)[uUlL]*\s*\)*$/.exec(text.trim());
  const digits = match?.[2];
  if (digits === undefined) return undefined;
  const octal = /^0[0-7]+$/.test(digits);
  const magnitude = Number(octal ? `0o${digits.slice(1)}` : digits);
  if (!Number.isSafeInteger(magnitude)) return undefined;
  return match?.[1] === '-' ? -magnitude : magnitude;
}
