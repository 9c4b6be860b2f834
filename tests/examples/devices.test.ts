import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { runExample, startExample } from './example-run.ts';
import { runCommand } from '../harness/command.ts';
import { tableRows } from './table-rows.ts';

// Not in memory: files here are on a disk.
const folder = mkdtempSync('/var/tmp/stap-examples-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function python(name: string, text: string): string {
  const path = join(folder, `${name}.py`);
  writeFileSync(path, text);
  return `/usr/bin/python3 -I -S ${path}`;
}

/** Requests that all disks completed so far, reads and writes, as /proc/diskstats counts. */
function diskRequests(): number {
  return readFileSync('/proc/diskstats', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .filter(([, , name]) => /^(vd|sd|nvme\d+n|xvd)[a-z0-9]$/.test(name ?? ''))
    .reduce((sum, fields) => sum + Number(fields[3]) + Number(fields[7]), 0);
}

/** What the time in soft interrupts of one kind was counted as, on all processors. */
function softInterrupts(name: string): number {
  const line = readFileSync('/proc/softirqs', 'latin1')
    .split('\n')
    .find((text) => text.trim().startsWith(`${name}:`));
  return (line ?? '')
    .trim()
    .split(/ +/)
    .slice(1)
    .reduce((sum, count) => sum + Number(count), 0);
}

describe.runIf(hasEbpf())('examples of devices in the kernel', () => {
  test('block-latency counts the requests of the disks', async () => {
    const command = `dd if=/dev/zero of=${folder}/block bs=64k count=60 oflag=direct status=none`;
    const before = diskRequests();
    const { stdout } = await runExample({ name: 'block-latency', command });
    const after = diskRequests();
    const written =
      /^write requests (\d+) bytes (\d+) average_us (\d+) longest_us \d+$/m
        .exec(stdout)
        ?.slice(1)
        .map(Number) ?? [];
    const [requests = 0, bytes = 0, averageUs = 0] = written;
    expect(requests).toBeGreaterThanOrEqual(60);
    expect(bytes).toBeGreaterThanOrEqual(60 * 65536);
    expect(averageUs).toBeGreaterThan(0);
    // Others use the disks meanwhile, also before and after the script.
    expect(requests).toBeLessThanOrEqual(after - before);
  });

  test('fsync-latency prints what is slower than the threshold', async () => {
    const stap = startExample({ name: 'fsync-latency', options: ['-m', 'fsync'] });
    try {
      await stap.ready();
      await stap.out('echo 0 > threshold_us');
      expect(await stap.out('cat threshold_us')).toBe('0\n');
      const work = python(
        'fsync',
        `import os
fd = os.open("${folder}/synced", os.O_WRONLY | os.O_CREAT)
for i in range(11):
    os.write(fd, b"x" * 4096)
    os.fsync(fd)
`,
      ).split(' ');
      await runCommand(work[0] ?? '', work.slice(1));
      const latency = await stap.out('cat latency');
      expect(latency).toMatch(/^python3: 11 calls, average \d+ us, longest \d+ us$/m);
      await stap.stop();
      expect(stap.stdout().match(/^python3 \(\d+\): fsync took \d+ us$/gm)).toHaveLength(11);
    } finally {
      await stap.dispose();
    }
  });

  test('tcp-connects prints connections that are made and refused', async () => {
    const { stdout } = await runExample({
      name: 'tcp-connects',
      command: python(
        'connects',
        `import os, socket
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print("self", os.getpid(), listener.getsockname()[1])
for i in range(3): socket.create_connection(listener.getsockname()).close()
try: socket.create_connection(("127.0.0.1", 1))
except OSError: pass
`,
      ),
    });
    const [, own = '', port = ''] = /^self (\d+) (\d+)$/m.exec(stdout) ?? [];
    const made = new RegExp(String.raw`^${own} python3 127\.0\.0\.1:${port} connected \d+ us$`, 'gm');
    expect(stdout.match(made)).toHaveLength(3);
    expect(stdout).toMatch(new RegExp(String.raw`^${own} python3 127\.0\.0\.1:1 failed \d+ us$`, 'm'));
  });

  test('network-traffic counts the bytes of a device', async () => {
    const { stdout } = await runExample({
      name: 'network-traffic',
      command: python(
        'datagrams',
        `import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(100): sender.sendto(b"x" * 972, receiver.getsockname()); receiver.recv(2000)
`,
      ),
    });
    const [, packets, bytes] = tableRows(stdout).find(([device]) => device === 'lo') ?? [];
    expect(Number(packets)).toBeGreaterThanOrEqual(100);
    // 972 bytes behind 28 of headers, with or without 14 of the link.
    expect(Number(bytes)).toBeGreaterThanOrEqual(100 * 1000);
  });

  test('softirq-times counts as /proc/softirqs does', async () => {
    const before = softInterrupts('TIMER');
    const { stdout } = await runExample({ name: 'softirq-times', command: 'sleep 0.5' });
    const after = softInterrupts('TIMER');
    const runs = Number(tableRows(stdout).find(([kind]) => kind === 'TIMER')?.[1]);
    expect(runs).toBeGreaterThan(0);
    expect(runs).toBeLessThanOrEqual(after - before);
  });
});
