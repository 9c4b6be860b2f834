import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStap, type RunningStap } from './running-stap.ts';

// Each write(2) is one run of the handler, with all of its bytes.

let stap: RunningStap;
beforeAll(async () => {
  stap = await startStap(String.raw`
    global v = "init\n", w
    probe procfs("w").write { w++; printf("<%s>", $value) }
    probe procfs("len").write { printf("len=%d [%s]\n", strlen($value), substr($value, 0, 20)) }
    probe procfs("rw").read { $value = v }
    probe procfs("rw").write { v = $value }
    probe procfs("two").write { printf("first %s", $value) }
    probe procfs("two").umask(0).write { printf("second %s", $value) }
    probe procfs("num").write { printf("=%d\n", strtol($value, 10)) }
    probe procfs("who").write { printf("%s wrote as %d\n", execname(), uid()) }
    probe procfs("small").read.maxsize(8) { $value = "x\n" }
    probe procfs("small").write { printf("small %d\n", strlen($value)) }`);
});
afterAll(() => stap.dispose());

/** What the handlers printed because of a command, once `n` of them ran. */
async function printedBy(command: string, last: string): Promise<string> {
  const before = stap.stdout().length;
  const result = await stap.sh(command);
  expect(result.stderr, command).toBe('');
  expect(result.status, command).toBe(0);
  await stap.printed(last);
  return stap.stdout().slice(before);
}

let marks = 0;
/** Like printedBy, with a mark written behind the command so that its end is known. */
async function seen(command: string): Promise<string> {
  marks++;
  const mark = `<mark${marks}>`;
  const text = await printedBy(`${command}; printf mark${marks} > w`, mark);
  return text.slice(0, text.indexOf(mark));
}

describe('programs', () => {
  const cases: [string, string][] = [
    ['echo hello > w', '<hello\n>'],
    ['echo more >> w', '<more\n>'],
    ['printf x > w', '<x>'],
    ['printf "a\\nb\\n" > w', '<a\n><b\n>'],
    ['cat <<< "here" > w', '<here\n>'],
    ['echo tee | tee w > /dev/null', '<tee\n>'],
    ['echo tee | tee -a w > /dev/null', '<tee\n>'],
    ['printf 01234567 | dd of=w bs=4 status=none', '<0123><4567>'],
    ['printf 0123456 | dd of=w bs=4 conv=notrunc status=none', '<0123><456>'],
    ['printf 0123 | dd of=w bs=4 oflag=append conv=notrunc status=none', '<0123>'],
    [
      'printf "from a file\\n" > /tmp/stap-e2e-in.$$; cp /tmp/stap-e2e-in.$$ w; rm /tmp/stap-e2e-in.$$',
      '<from a file\n>',
    ],
    ['printf "by cat\\n" | cat > w', '<by cat\n>'],
    ['printf "by busybox\\n" | busybox cat > w', '<by busybox\n>'],
    ['busybox sh -c "echo ash > w"', '<ash\n>'],
    ['sh -c "echo dash > w"', '<dash\n>'],
    ['python3 -c \'open("w","w").write("from python\\n")\'', '<from python\n>'],
    ['python3 -c \'f=open("w","ab",0); f.write(b"1"); f.write(b"2")\'', '<1><2>'],
    ['python3 -c \'import os; fd=os.open("w",os.O_WRONLY); os.pwrite(fd,b"at 100",100)\'', '<at 100>'],
    ['python3 -c \'import os; fd=os.open("w",os.O_WRONLY); os.write(fd,b"a\\0b")\'', '<a>'],
    ['node -e \'require("fs").writeFileSync("w","from node\\n")\'', '<from node\n>'],
    ['node -e \'require("fs").appendFileSync("w","append node\\n")\'', '<append node\n>'],
    ['perl -e \'open F,">","w"; print F "perl\\n"\'', '<perl\n>'],
    ['sed -n p <<< sed > w', '<sed\n>'],
    ['exec 7>w; echo one >&7; echo two >&7; exec 7>&-', '<one\n><two\n>'],
    [': > w', ''],
    ['truncate -s 0 w', ''],
    ['printf "" > w', ''],
    ['printf "\\377\\376\\001" > w', '<\xff\xfe\x01>'],
  ];
  test.each(cases)('%s', async (command, expected) => {
    expect(await seen(command)).toBe(expected);
  });
});

describe('values', () => {
  test('are read back', async () => {
    expect(
      await stap.out(
        'cat rw; echo new > rw; cat rw; printf longer-than-before > rw; cat rw; printf z > rw; cat rw',
      ),
    ).toBe('init\nnew\nlonger-than-beforez');
  });
  test('as numbers', async () => {
    expect(await seen('echo 42 > num; echo -7abc > num; echo 0x1f > num; echo abc > num')).toBe(
      '=42\n=-7\n=0\n=0\n',
    );
  });
  test('all write probes of a path see them, in order of the script', async () => {
    expect(await seen('echo line > two')).toBe('first line\nsecond line\n');
  });
  test('the handler sees who writes', async () => {
    expect(await seen('echo x | tee who > /dev/null')).toBe('tee wrote as 0\n');
  });
  test('O_RDWR reads and writes on one descriptor', async () => {
    expect(
      await stap.out('printf start > rw; exec 7<>rw; head -c 2 <&7; echo changed >&7; exec 7>&-; cat rw'),
    ).toBe('stchanged\n');
  });
});

describe('long writes', () => {
  const lengths = (text: string): number[] =>
    [...text.matchAll(/len=(\d+) /g)].map((match) => Number(match[1]));
  test('of up to 511 bytes are one event', async () => {
    expect(
      lengths(
        await seen('head -c 127 /dev/zero | tr "\\0" a > len; head -c 511 /dev/zero | tr "\\0" b > len'),
      ),
    ).toEqual([127, 511]);
  });
  test.each([512, 513, 1500, 5000])('of %d bytes arrive whole, in pieces of at most 511', async (size) => {
    const pieces = lengths(
      await seen(`head -c ${size} /dev/zero | tr "\\0" c | dd of=len bs=${size} iflag=fullblock status=none`),
    );
    expect(Math.max(...pieces)).toBe(511);
    expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(size);
    expect(pieces.length).toBe(Math.ceil(size / 511));
  });
  test('of a file with a small buffer', async () => {
    const text = await seen('printf 0123456789abcdef > small');
    const total = [...text.matchAll(/small (\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
    expect(total).toBe(16);
  });
});

describe('many writers', () => {
  test('every line arrives whole and once', async () => {
    const text = await seen(
      'for i in $(seq 8); do (for j in $(seq 50); do echo "writer $i line $j" > w; done) & done; wait',
    );
    const lines = text.match(/<[^>]*>/g) ?? [];
    expect(lines.length).toBe(400);
    expect(new Set(lines).size).toBe(400);
    expect(lines.every((line) => /^<writer \d+ line \d+\n>$/.test(line))).toBe(true);
  });
});
