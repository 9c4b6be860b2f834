import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStap, type RunningStap } from './running-stap.ts';

// What ordinary programs get when they read the files: the text, whole, each time.

const BIG = Array.from(
  { length: 100 },
  (_, line) => `line ${String(line).padStart(4, '0')} 0123456789 0123456789 0123456789\n`,
).join('');

let stap: RunningStap;
beforeAll(async () => {
  stap = await startStap(String.raw`
    global n
    probe procfs.read { $value = "abc\n" }
    probe procfs("count").read { n++; $value = sprintf("count %d abcdefgh\n", n) }
    probe procfs("big").read.maxsize(8192) {
      for (i = 0; i < 100; i++) $value .= sprintf("line %04d 0123456789 0123456789 0123456789\n", i)
    }
    probe procfs("three").read { $value = "one\n"; $value .= "two\n"; $value .= "three\n" }
    probe procfs("max8").read.maxsize(8) { $value = "1234567" }
    probe procfs("nothing").read { n = n }
    probe procfs("everybody").umask(0).read { $value = "for all\n" }
    probe procfs("next").read { next; $value = "never" }
    probe procfs("bytes").read { $value = "\377\376\001\303\251\n" }
    probe procfs("who").read { $value = sprintf("%s %d %d %d\n", execname(), pid(), uid(), tid()) }`);
});
afterAll(() => stap.dispose());

describe('text of three bytes and a newline', () => {
  const cases: [string, string][] = [
    ['cat command', 'abc\n'],
    ['cat < command', 'abc\n'],
    ['cat command command', 'abc\nabc\n'],
    ['head -c 2 command', 'ab'],
    ['head -n 1 command', 'abc\n'],
    ['tail -c 2 command', 'c\n'],
    ['tail -n 1 command', 'abc\n'],
    ['dd if=command bs=1 status=none', 'abc\n'],
    ['dd if=command bs=2 skip=1 status=none', 'c\n'],
    ['wc -c command', '4 command\n'],
    ['wc -l < command', '1\n'],
    ['od -An -c command', '   a   b   c  \\n\n'],
    ['grep -c . command', '1\n'],
    ['grep b command', 'abc\n'],
    ['sort command', 'abc\n'],
    ['awk "{ print toupper(\\$1) }" command', 'ABC\n'],
    ['sed s/b/x/ command', 'axc\n'],
    ['diff command command && echo same', 'same\n'],
    ['cmp command <(printf "abc\\n") && echo same', 'same\n'],
    ['read line < command && echo "[$line]"', '[abc]\n'],
    ['echo "$(<command)"', 'abc\n'],
    ['mapfile -t lines < command; echo "${#lines[@]} ${lines[0]}"', '1 abc\n'],
    ['cp command /tmp/stap-e2e-cp.$$ && cat /tmp/stap-e2e-cp.$$ && rm /tmp/stap-e2e-cp.$$', 'abc\n'],
    ['perl -ne "print uc" command', 'ABC\n'],
    ['python3 -c \'print(repr(open("command").read()))\'', "'abc\\n'\n"],
    ['python3 -c \'import pathlib; print(repr(pathlib.Path("command").read_bytes()))\'', "b'abc\\n'\n"],
    ['python3 -c \'[print(repr(line)) for line in open("command")]\'', "'abc\\n'\n"],
    ['node -p \'JSON.stringify(require("fs").readFileSync("command","utf8"))\'', '"abc\\n"\n'],
    [
      'node -e \'require("fs").promises.readFile("command","utf8").then((t) => console.log(t.length))\'',
      '4\n',
    ],
    ['node -e \'require("fs").createReadStream("command").pipe(process.stdout)\'', 'abc\n'],
    ['busybox cat command', 'abc\n'],
    ['busybox cp command /tmp/stap-e2e-bb.$$ && cat /tmp/stap-e2e-bb.$$ && rm /tmp/stap-e2e-bb.$$', 'abc\n'],
    ['busybox head -n 1 command', 'abc\n'],
    ['busybox grep -c abc command', '1\n'],
    ['cat command | tee /dev/null', 'abc\n'],
    ['xargs -n1 echo got < command', 'got abc\n'],
    ['timeout 2 tail -f command | head -n 1', 'abc\n'],
  ];
  test.each(cases)('%s', async (command, expected) => {
    expect((await stap.sh(command)).stdout).toBe(expected);
  });
});

describe('text larger than a string', () => {
  test.each([
    'cat big',
    'dd if=big bs=7 status=none',
    'dd if=big bs=4096 status=none',
    'head -c 100000 big',
    'tail -n +1 big',
    'busybox cat big',
    'python3 -c \'print(open("big").read(), end="")\'',
    'node -e \'process.stdout.write(require("fs").readFileSync("big"))\'',
    'sed "" big',
  ])('%s', async (command) => {
    expect((await stap.sh(command)).stdout).toBe(BIG);
  });
  test('first and last lines', async () => {
    expect(await stap.out('head -n 1 big; tail -n 1 big; wc -l < big')).toBe(
      `${BIG.slice(0, 43)}${BIG.slice(-43)}100\n`,
    );
  });
});

describe('one run of the handler for each open', () => {
  test('whatever the number of reads', async () => {
    const number = async (command: string): Promise<number> =>
      Number(/count (\d+)/.exec((await stap.sh(command)).stdout)?.[1]);
    const first = await number('cat count');
    expect(await number('dd if=count bs=1 status=none')).toBe(first + 1);
    expect(await number('head -c 7 count; echo')).toBe(first + 2);
    expect(await stap.out('exec 5<count; head -c 6 <&5; cat <&5')).toBe(`count ${first + 3} abcdefgh\n`);
    expect(await number('tail -n 1 count')).toBe(first + 4);
  });
  test('readers at the same time get their own text', async () => {
    const before = Number(/count (\d+)/.exec(await stap.out('cat count'))?.[1]);
    const text = await stap.out('exec 5<count 6<count; head -c 1 <&5 >/dev/null; cat <&6; cat <&5');
    expect(text).toBe(`count ${before + 2} abcdefgh\nount ${before + 1} abcdefgh\n`);
  });
});

describe('other contents', () => {
  test('several appends', async () => {
    expect(await stap.out('cat three')).toBe('one\ntwo\nthree\n');
  });
  test('maxsize leaves one byte less', async () => {
    expect(await stap.out('cat max8')).toBe('1234567');
  });
  test('a handler that sets nothing gives an empty file', async () => {
    expect(await stap.out('cat nothing; cat next')).toBe('');
  });
  test('any bytes', async () => {
    expect(await stap.out('cat bytes')).toBe('\xff\xfe\x01\xc3\xa9\n');
  });
  test('the handler sees who reads', async () => {
    expect(await stap.out('head -n 1 who')).toMatch(/^head \d+ 0 \d+\n$/);
    expect(await stap.out('exec cat who')).toMatch(/^cat \d+ 0 \d+\n$/);
    const [shellPid, line] = (await stap.out("sh -c 'echo $$; exec cat who'")).split('\n');
    expect(line).toBe(`cat ${String(shellPid)} 0 ${String(shellPid)}`);
  });
});

describe('programs that trust the size', () => {
  const archived = (name: string): string => `tar cf - ${name} | tar xOf -`;
  const mirrored = (name: string): string =>
    `d=$(mktemp -d) && rsync -a ${name} "$d/" && cat "$d/${name}"; status=$?; rm -rf "$d"; exit $status`;
  test.each([
    ['tar', archived('command'), 'abc\n'],
    ['tar, a long file', archived('big'), BIG],
    ['tar, an empty file', archived('nothing'), ''],
    ['rsync', mirrored('command'), 'abc\n'],
    ['rsync, a long file', mirrored('big'), BIG],
    ['rsync, an empty file', mirrored('nothing'), ''],
    ['rsync, readable by everybody', mirrored('everybody'), 'for all\n'],
    // tar does not even open a file of size 0 that everybody may read.
    ['tar, readable by everybody', archived('everybody'), ''],
  ])('%s', async (_, command, expected) => {
    expect(await stap.out(command)).toBe(expected);
  });
});
