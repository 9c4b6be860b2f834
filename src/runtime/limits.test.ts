import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, limitsFromDefines } from './limits.ts';

describe('limits', () => {
  it('have the defaults of stap(1)', () => {
    expect(DEFAULT_LIMITS).toMatchObject({
      MAXSTRINGLEN: 512,
      MAXACTION_INTERRUPTIBLE: 10000,
      MAXNESTING: undefined,
      MAXMAPENTRIES: 2048,
      STP_PROCFS_BUFSIZE: 512,
    });
  });

  it('follow each other unless set themselves', () => {
    expect(limitsFromDefines(['MAXACTION=5']).MAXACTION_INTERRUPTIBLE).toBe(50);
    expect(limitsFromDefines(['MAXACTION=5', 'MAXACTION_INTERRUPTIBLE=7']).MAXACTION_INTERRUPTIBLE).toBe(7);
    expect(limitsFromDefines(['MAXSTRINGLEN=80']).STP_PROCFS_BUFSIZE).toBe(80);
  });

  it.each([
    ['HIST_ELISION=-1', -1],
    ['HIST_ELISION=0x10', 16],
    ['HIST_ELISION=010', 8],
    ['HIST_ELISION=(12UL)', 12],
    ['HIST_ELISION', 1],
    ['HIST_ELISION=1+1', 2],
    ['UNKNOWN=5', 2],
  ])('are C integers: %s', (define, expected) => {
    expect(limitsFromDefines([define]).HIST_ELISION).toBe(expected);
  });

  it('take the last of several definitions', () => {
    expect(limitsFromDefines(['MAXERRORS=1', 'MAXERRORS=2']).MAXERRORS).toBe(2);
  });
});
