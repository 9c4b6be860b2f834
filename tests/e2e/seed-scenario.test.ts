import { afterAll, describe, expect, test } from 'vitest';
import { startStap, type RunningStap } from './running-stap.ts';

// The session that a user of procfs probes knows: one file to read, one file to write, one file for both.

const started: RunningStap[] = [];
const start = async (script: string): Promise<RunningStap> => {
  const stap = await startStap(script);
  started.push(stap);
  return stap;
};
afterAll(async () => {
  for (const stap of started) await stap.dispose();
});

describe('a file to read', () => {
  test('appears as `command`, can be read again and again, and goes away with ^C', async () => {
    const stap = await start(String.raw`probe procfs.read { $value = "abc\n" }`);
    expect(await stap.out('ls')).toBe('command\n');
    expect(await stap.out('stat -c "%a %U %s" command')).toBe('400 root 0\n');
    expect(await stap.out('cat command; cat command')).toBe('abc\nabc\n');
    const end = await stap.stop();
    expect(end).toMatchObject({ status: 0, stdout: '', stderr: '' });
    await stap.assertNothingLeft();
  });
});

describe('a file to write', () => {
  test('hands what is written to the handler, line by line as the shell writes it', async () => {
    const stap = await start('probe procfs("digoal").write { printf("%s", $value) }');
    expect(await stap.out('stat -c %a digoal')).toBe('200\n');
    await stap.out(String.raw`echo -e "Hello, I'm digoal\nWho are you?\n" > ./digoal`);
    await stap.out('echo again >> ./digoal');
    const end = await stap.stop();
    expect(end).toMatchObject({
      status: 0,
      stdout: "Hello, I'm digoal\nWho are you?\n\nagain\n",
      stderr: '',
    });
    await stap.assertNothingLeft();
  });
});

describe('a file for both', () => {
  test('is one file of mode 0600 with two handlers', async () => {
    const stap = await start(String.raw`
      probe procfs("digoal").read { $value = "Hello from read\n" }
      probe procfs("digoal").write { printf("%s", $value) }`);
    expect(await stap.out('stat -c %a digoal')).toBe('600\n');
    expect(await stap.out('cat digoal; echo hi > digoal; cat digoal')).toBe(
      'Hello from read\nHello from read\n',
    );
    await stap.out('echo 1 > digoal; echo 2 > digoal; echo 3 > digoal');
    const end = await stap.stop();
    expect(end.stdout).toBe('hi\n1\n2\n3\n');
    expect(end.status).toBe(0);
    await stap.assertNothingLeft();
  });
});

describe('controls of a running script', () => {
  test('a live value to read, knobs to write, a file that ends the session', async () => {
    const stap = await start(String.raw`
      global counter, step = 1, running = 1
      probe timer.ms(20) { if (running) counter += step }
      probe procfs("counter").read { $value = sprintf("%d\n", counter) }
      probe procfs("counter").write { counter = strtol($value, 10); printf("counter set to %d\n", counter) }
      probe procfs("step").read { $value = sprintf("%d\n", step) }
      probe procfs("step").write { step = strtol($value, 10) }
      probe procfs("running").write { running = strtol($value, 10) }
      probe procfs("stop").write { exit() }
      probe end { println("end") }`);
    const first = Number(await stap.out('cat counter'));
    const changed = `until [ "$(cat counter)" != ${first} ]; do sleep 0.02; done; cat counter`;
    const later = Number(await stap.out(changed));
    expect(later).toBeGreaterThan(first);
    expect(await stap.out('echo 0 > running; echo -7 > counter; cat counter; sleep 0.1; cat counter')).toBe(
      '-7\n-7\n',
    );
    expect(await stap.out('echo 5 > step; cat step; echo bogus > counter; cat counter')).toBe('5\n0\n');
    await stap.out('echo > stop');
    const end = await stap.end();
    expect(end).toMatchObject({
      status: 0,
      stdout: 'counter set to -7\ncounter set to 0\nend\n',
      stderr: '',
    });
    await stap.assertNothingLeft();
  });
});
