import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../harness/command.ts';
import { startStap, type RunningStap } from './running-stap.ts';

let stap: RunningStap;
beforeAll(async () => {
  stap = await startStap(String.raw`
    probe procfs("ro").read { $value = "ro\n" }
    probe procfs("wo").write { printf("%s", $value) }
    probe procfs("rw").read { $value = "rw\n" }
    probe procfs("rw").write { printf("%s", $value) }
    probe procfs("u0").umask(0).read { $value = "u0\n" }
    probe procfs("u0").umask(0).write { printf("%s", $value) }
    probe procfs("u022r").umask(0022).read { $value = "u022\n" }
    probe procfs("u077").umask(0077).read { $value = "u077\n" }
    probe procfs("u777").umask(0777).read { $value = "u777\n" }
    probe procfs("u4").umask(004).read { $value = "x" }
    probe procfs("u400").umask(0400).read { $value = "x" }
    probe procfs("w20").umask(020).write { printf("%s", $value) }
    probe procfs("mixed").umask(2).read { $value = "x" }
    probe procfs("mixed").umask(040).write { printf("%s", $value) }
    probe procfs("with space").read { $value = "space\n" }
    probe procfs("caf\303\251").read { $value = "utf8\n" }
    probe procfs("deep/er/leaf").read { $value = "leaf\n" }`);
});
afterAll(() => stap.dispose());

describe('modes', () => {
  const modes: [string, string][] = [
    ['ro', '400'],
    ['wo', '200'],
    ['rw', '600'],
    ['u0', '666'],
    ['u022r', '444'],
    ['u077', '400'],
    ['u777', '444'], // a file of no mode at all gets 0444, as the kernel's /proc does,
    ['u4', '440'],
    ['u400', '44'],
    ['w20', '202'],
    ['mixed', '624'],
  ];
  test.each(modes)('%s', async (name, mode) => {
    expect(await stap.out(`stat -c %a ${name}`)).toBe(`${mode}\n`);
  });
});

describe('directory', () => {
  test('is read-only for all, owned by root, and lists the files', async () => {
    expect(await stap.out('stat -c "%a %U %F" .')).toBe('555 root directory\n');
    expect((await stap.out('ls')).split('\n')).toEqual(
      expect.arrayContaining(['ro', 'wo', 'rw', 'deep', 'with space', 'caf\xc3\xa9']),
    );
  });
  test('nested paths are directories', async () => {
    expect(await stap.out('find deep -printf "%y %p\\n" | sort')).toBe('d deep\nd deep/er\nf deep/er/leaf\n');
    expect(await stap.out('cat deep/er/leaf')).toBe('leaf\n');
  });
  test('names with blanks and other bytes', async () => {
    expect(await stap.out('cat "with space" caf*')).toBe('space\nutf8\n');
  });
  test('nothing can be created, renamed or removed', async () => {
    for (const command of ['touch new', 'mkdir d', 'rm -f ro', 'mv ro other', 'ln -s ro link'])
      expect((await stap.sh(command)).status, command).not.toBe(0);
    expect(await stap.out('cat ro')).toBe('ro\n');
  });
});

describe('a file', () => {
  test('has one link, no size, and times of now', async () => {
    const [links, size, blocks, type, mtime, atime] = (
      await stap.out('stat -c "%h|%s|%b|%F|%Y|%X" ro')
    ).split('|');
    expect({ links, size, blocks, type }).toEqual({
      links: '1',
      size: '0',
      blocks: '0',
      type: 'regular empty file',
    });
    const nowS = Date.now() / 1000;
    expect(Math.abs(nowS - Number(mtime))).toBeLessThan(120);
    expect(Math.abs(nowS - Number(atime))).toBeLessThan(120);
  });
  test('its time of change moves when it is written', async () => {
    const before = await stap.out('stat -c %y wo');
    const after = await stap.out('sleep 0.05; echo x > wo; stat -c %y wo');
    expect(after > before).toBe(true);
  });
  test('chmod and chown work', async () => {
    expect(
      await stap.out('chmod 644 rw; chown 12:34 rw; stat -c "%a %u %g" rw; chown 0:0 rw; chmod 600 rw'),
    ).toBe('644 12 34\n');
    expect(await stap.out('stat -c "%a %u" rw')).toBe('600 0\n');
  });
});

describe.runIf(process.getuid?.() === 0)('other users', () => {
  const nobody = { uid: 65534, gid: 65534, cwd: '/' };
  const asNobody = (command: string) =>
    runCommand('/bin/bash', ['-c', `cd ${stap.directory} && ${command}`], nobody);
  test('are kept out by the mode', async () => {
    expect((await asNobody('cat ro')).stderr).toContain('Permission denied');
    expect((await asNobody('echo x > wo')).stderr).toContain('Permission denied');
    expect((await asNobody('cat u077')).stderr).toContain('Permission denied');
  });
  test('get in where the mode lets them', async () => {
    expect((await asNobody('cat u022r u0; echo from nobody > u0')).stdout).toBe('u022\nu0\n');
    await stap.printed('from nobody\n');
  });
  test('see the directory', async () => {
    expect((await asNobody('ls')).stdout).toContain('u022r');
  });
});
