import { describe, expect, it } from 'vitest';
import { ownerLives, parseMountTable } from './mount-table.ts';
import { processStartTicks } from './process-identity.ts';

const table = String.raw`22 1 0:20 / /sys rw,nosuid - sysfs sysfs rw
91 30 0:50 / /run/systemtap/a rw,nosuid,nodev shared:5 - fuse.stap stap:1234:567 rw,user_id=0
92 30 0:51 / /var/tmp/with\040blank/b rw - fuse.stap somebody rw
93 30 0:52 / /mnt rw - fuse.sshfs stap:1:2 rw
`;

describe('parseMountTable', () => {
  it('finds our mounts, their owners, and names with blanks', () => {
    expect(parseMountTable(table)).toEqual([
      { path: '/run/systemtap/a', ownerPid: 1234, ownerStartTicks: '567' },
      { path: '/var/tmp/with blank/b', ownerPid: undefined, ownerStartTicks: undefined },
    ]);
  });

  it('tells a living owner from another process with its number', () => {
    const ticks = processStartTicks(process.pid);
    expect(ticks).toMatch(/^\d+$/);
    const mine = { path: '/x', ownerPid: process.pid, ownerStartTicks: ticks };
    expect(ownerLives(mine)).toBe(true);
    expect(ownerLives({ ...mine, ownerStartTicks: '1' })).toBe(false);
    expect(ownerLives({ ...mine, ownerPid: undefined })).toBe(false);
    expect(processStartTicks(2 ** 30)).toBeUndefined();
  });
});
