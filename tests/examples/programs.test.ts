import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { runCommand } from '../harness/command.ts';
import { runExample } from './example-run.ts';
import { tableRows } from './table-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'stap-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const PYTHON = realpathSync('/usr/bin/python3');
const LIBC = realpathSync('/lib/x86_64-linux-gnu/libc.so.6');

/** A Python program as a command. */
function python(name: string, text: string): string {
  const path = join(folder, `${name}.py`);
  writeFileSync(path, text);
  return `${PYTHON} -I -S ${path}`;
}

describe.runIf(hasEbpf())('examples of programs in the kernel', () => {
  test('library-latency counts the calls and measures them', async () => {
    const { stdout } = await runExample({
      name: 'library-latency',
      words: [LIBC, 'usleep'],
      command: python(
        'sleeps',
        'import ctypes\nlibc = ctypes.CDLL("libc.so.6")\nfor i in range(40): libc.usleep(2000)\n',
      ),
    });
    const row = tableRows(stdout).find(([command]) => command?.startsWith('python3') === true) ?? [];
    expect(row[1]).toBe('40');
    expect(Number(row[3])).toBeGreaterThanOrEqual(2_000_000);
  });

  test('allocations counts what a program asks for', async () => {
    const { stdout } = await runExample({
      name: 'allocations',
      words: [LIBC],
      command: python(
        'allocations',
        `import ctypes
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype = ctypes.c_void_p
for i in range(300): libc.malloc(ctypes.c_size_t(1000003))
`,
      ),
    });
    const [, calls = 0, bytes = 0] = (/^python3\S*: (\d+) calls, (\d+) bytes$/m.exec(stdout) ?? []).map(
      Number,
    );
    expect(calls).toBeGreaterThanOrEqual(300);
    expect(Math.floor(bytes / 1_000_003)).toBeGreaterThanOrEqual(300);
    // Sizes of 2^19 to 2^20 - 1: the interpreter itself asks for few that are as large.
    expect(stdout).toMatch(/^ *524288 \|@+ +3\d\d$/m);
  });

  test('python-imports sees what the interpreter itself reports', async () => {
    const program = 'import json, heapq, textwrap\n';
    const { stdout } = await runExample({
      name: 'python-imports',
      words: [PYTHON],
      command: python('imports', program),
    });
    const report = await runCommand(PYTHON, ['-I', '-S', '-X', 'importtime', '-c', program]);
    const expected = report.stderr
      .split('\n')
      .flatMap((line) => /\| +\d+ \| +(\S+)$/.exec(line)?.slice(1) ?? []);
    const seen = new Set(tableRows(stdout).map((row) => row[3]));
    expect(expected.length).toBeGreaterThan(10);
    for (const name of ['json', 'json.decoder', 'heapq', 'textwrap', 're']) {
      expect(expected).toContain(name);
      expect([...seen]).toContain(name);
    }
  });

  test('cpu-profile finds the command that is busy', async () => {
    const { stdout } = await runExample({
      name: 'cpu-profile',
      command: python(
        'busy',
        'import time\nend = time.process_time() + 0.7\nwhile time.process_time() < end: pass\n',
      ),
    });
    const samples = Number(
      tableRows(stdout).find(([, command]) => command?.startsWith('python3') === true)?.[0],
    );
    // By the clock of the kernel: one each 10 ms or 4 ms or 1 ms, whatever its configuration says.
    expect(samples).toBeGreaterThanOrEqual(60);
    expect(stdout).toMatch(/\[python3[.0-9]*\]/);
  });
});
