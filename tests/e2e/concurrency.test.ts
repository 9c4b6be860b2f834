import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStap, type RunningStap } from './running-stap.ts';

// Very many processes at once. STAP_E2E_LOAD_SECONDS makes it longer.

const loadSeconds = Number(process.env['STAP_E2E_LOAD_SECONDS'] ?? '8');

let stap: RunningStap;
beforeAll(async () => {
  stap = await startStap(String.raw`
    global reads, writes, sum
    probe procfs("status").read { reads++; $value = sprintf("reads %d\nwrites %d\n", reads, writes) }
    probe procfs("add").write { writes++; sum += strtol($value, 10) }
    probe procfs("sum").read { $value = sprintf("%d %d\n", writes, sum) }`);
});
afterAll(() => stap.dispose());

test(
  '1,000 processes read and write at the same time',
  async () => {
    // 500 readers and 500 writers, each opening its file again and again until the time is over.
    const load = `python3 - <<'PROGRAM'
import os, time
end = time.time() + ${loadSeconds}
children = []
for number in range(1000):
    pid = os.fork()
    if pid == 0:
        count = bad = 0
        while time.time() < end or count == 0:
            if number % 2:
                with open("status") as file: text = file.read()
                if not (text.startswith("reads ") and text.endswith("\\n") and text.count("\\n") == 2): bad += 1
            else:
                fd = os.open("add", os.O_WRONLY)
                if os.write(fd, b"3\\n") != 2: bad += 1
                os.close(fd)
            count += 1
            time.sleep(0.5)
        os._exit(1 if bad else 0)
    children.append(pid)
failed = sum(1 for pid in children if os.waitpid(pid, 0)[1] != 0)
print("failed", failed)
PROGRAM`;
    const result = await stap.sh(load, { timeoutMs: (loadSeconds + 60) * 1000 });
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe('failed 0\n');
    const [writes, sum] = (await stap.out('cat sum')).split(' ').map(Number);
    expect(writes).toBeGreaterThanOrEqual(500);
    expect(sum).toBe((writes ?? 0) * 3);
  },
  (loadSeconds + 90) * 1000,
);

test('the session is well afterwards', async () => {
  expect(await stap.out('cat status')).toMatch(/^reads \d+\nwrites \d+\n$/);
  const end = await stap.stop();
  expect(end).toMatchObject({ status: 0, stdout: '', stderr: '' });
  await stap.assertNothingLeft();
});

test('an open file keeps nobody else waiting; its own text is made at its first read', async () => {
  const other = await startStap(String.raw`
    global v = "first\n"
    probe procfs("rw").read { $value = v }
    probe procfs("rw").write { v = $value }`);
  try {
    expect(
      await other.out('exec 5<rw; timeout 3 cat rw; timeout 3 bash -c "echo second > rw"; cat <&5; cat rw'),
    ).toBe('first\nsecond\nsecond\n');
  } finally {
    await other.dispose();
  }
});
