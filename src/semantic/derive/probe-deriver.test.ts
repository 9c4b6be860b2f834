import { describe, expect, test } from 'vitest';
import { printBlock } from '../../ast/print-statement.ts';
import { printProbePoint } from '../../ast/print-script.ts';
import { deriveText } from './testing/derive-text.ts';

const lines = (text: string): readonly string[] => deriveText(text).lines;
const messages = (text: string): readonly string[] => deriveText(text).messages;
const bodies = (text: string): readonly string[] =>
  deriveText(text).probes.map((probe) => printBlock(probe.body).replaceAll(/\s+/g, ' '));

describe('aliases', () => {
  test('nest, and bodies follow the operator', () => {
    const text = `probe a = begin, end { println(1) } probe b += a { println(3) }
      probe c = b { println(0) }, { println(4) } probe c { println(2) }`;
    expect(lines(text)).toEqual([
      'begin <- a = begin, end <- b += a <- c = b <- c',
      'end <- a = begin, end <- b += a <- c = b <- c',
    ]);
    for (const body of bodies(text)) expect(body.replaceAll(/\D/g, '')).toBe('102' + '4' + '3');
  });

  test('take suffixes', () => {
    expect(lines('probe a = procfs("x") {} probe a.read {} probe a.* {} probe a.read? {}')).toEqual([
      'procfs("x").read <- a = procfs("x") <- a.read',
      'procfs("x").read <- a = procfs("x") <- a.*',
      'procfs("x").write <- a = procfs("x") <- a.*',
      'procfs("x").read <- a = procfs("x") <- a.read?',
    ]);
    expect(lines('probe a = timer {} probe *.s(5) {}')).toEqual([
      'timer.s(5) <- a = timer <- *.s(5)',
      'timer.s(5) <- *.s(5)',
    ]);
  });

  test('of one name all apply, before a built-in point of that name', () => {
    expect(lines('probe a = begin {} probe a = end {} probe a {}')).toEqual([
      'begin <- a = begin <- a',
      'end <- a = end <- a',
    ]);
    expect(lines('probe begin = end {} probe begin {}')).toEqual([
      'end <- begin = end <- begin',
      'begin <- begin',
    ]);
  });

  test('conditions are joined from inside out', () => {
    expect(lines('global x,y,z probe a = begin if (x) {} probe b = a if (y) {} probe b if (z) {}')).toEqual([
      'begin if ((x) && ((y) && (z))) <- a = begin if (x) <- b = a if (y) <- b if (z)',
    ]);
  });

  test('each use gets leaves of its own', () => {
    const { probes } = deriveText('probe a = begin, end { x = @defined($y) } probe a if (g) {} global g');
    expect(probes).toHaveLength(2);
    expect(probes[0]?.body).not.toBe(probes[1]?.body);
    expect(probes[0]?.condition).toBeDefined();
    expect(probes[0]?.condition).not.toBe(probes[1]?.condition);
    expect(probes[0]?.point.condition).toBe(probes[0]?.condition);
  });

  test('a body that asks nothing of the event is the same for all points of one declaration', () => {
    const { probes } = deriveText('probe begin, end { x = 1 } probe begin { x = 1 }');
    expect(probes).toHaveLength(3);
    expect(probes[0]?.body).toBe(probes[1]?.body);
    expect(probes[2]?.body).not.toBe(probes[0]?.body);
  });

  test('@probewrite tells what the user of the alias stores to', () => {
    const text = `probe a = begin { println(@probewrite(x)) } probe b = a {}
      probe a { x = 1 } probe a { y = 1; println(x) } probe b { x[3]++ } probe b { foreach (x in z) {} } global x, z`;
    const answers = bodies(text).map((body) => /println\((.)\)/.exec(body)?.[1]);
    expect(answers).toEqual(['1', '0', '1', '1']);
  });

  test.each([
    [
      'probe a = procfs("x") {} probe a.reed {}',
      [
        "while resolving probe point: identifier 'a' at <input>:1:32",
        "probe point mismatch (similar: read, write, umask): identifier 'reed' at :1:34",
      ],
    ],
    [
      'probe a = procfs("x") {} probe a {}',
      [
        "while resolving probe point: identifier 'procfs' at <input>:1:11",
        "probe point truncated (follow:  read umask(number) write): identifier 'procfs' at :1:11",
        "while resolving probe point: identifier 'a' at :1:32",
        'no match',
      ],
    ],
    [
      'probe a = timer {} probe a.s(0) {}',
      [
        "while resolving probe point: identifier 'a' at <input>:1:26",
        "interval value out of range (1, 86400): identifier 's' at :1:28",
      ],
    ],
    [
      'probe a = begin, procfs {} probe a.read {}',
      [
        "while resolving probe point: identifier 'a' at <input>:1:34",
        "invalid suffix for probe: identifier 'read' at :1:36",
      ],
    ],
    [
      'probe a.b = begin {} probe a.b.c = end {} probe a.b.d {}',
      [
        "while resolving probe point: identifier 'a' at <input>:1:49",
        "invalid suffix for probe: identifier 'd' at :1:53",
      ],
    ],
    [
      'probe a = procfs {} probe a.read.x = begin {} probe a.read {}',
      [
        "while resolving probe point: identifier 'a' at <input>:1:53",
        "probe point truncated (follow:  x): identifier 'read' at :1:55",
      ],
    ],
    [
      'probe a = foo?, foo2! {} probe a {}',
      ["while resolving probe point: identifier 'a' at <input>:1:32", 'no match'],
    ],
    [
      'probe a = b {} probe b = a {} probe b {}',
      [
        "while resolving probe point: identifier 'a' at <input>:1:26",
        'recursive loop in alias expansion of a at <input>:1:26',
        "while resolving probe point: identifier 'b' at :1:11",
        'no match',
        "while resolving probe point: identifier 'a' at :1:26",
        'no match',
        "while resolving probe point: identifier 'b' at :1:37",
        'no match',
      ],
    ],
    [
      'probe a = b.c {} probe b = a {} probe b.c {}',
      [
        "while resolving probe point: identifier 'b' at <input>:1:39",
        "recursive loop in alias expansion of a.c.c at <input>:1:28: identifier 'c' at :1:41",
      ],
    ],
    [
      'probe a(1) = begin {} probe begin {}',
      [
        'while registering probe alias: keyword at <input>:1:1',
        'alias component a contains illegal parameter',
      ],
    ],
    [
      'probe a.* = begin {} probe begin {}',
      [
        'while registering probe alias: keyword at <input>:1:1',
        'invalid use of wildcard probe point component',
      ],
    ],
  ])('%s', (text, expected) => {
    expect(messages(text)).toEqual(expected.map((message) => `semantic error: ${message}`));
  });
});

describe('optional and sufficient points', () => {
  test.each([
    ['probe foo?, begin {}', ['begin <- foo?,begin']],
    ['probe timer.s(0)?, begin {}', ['begin <- timer.s(0)?,begin']],
    ['probe timer.s(5)? {}', ['timer.s(5)? <- timer.s(5)?']],
    ['probe begin!, end {}', ['begin! <- begin!,end']],
    ['probe foo!, end {}', ['end <- foo!,end']],
    ['probe foo.*? {}', []],
    ['probe a = foo {} probe a?, begin {}', ['begin <- a?,begin']],
    ['probe a = procfs {} probe a.foo?, begin {}', ['begin <- a.foo?,begin']],
    ['probe a = procfs? {} probe a.read {}', ['procfs.read? <- a = procfs? <- a.read']],
    ['probe a = procfs!, begin {} probe a.read {}', ['procfs.read! <- a = procfs!, begin <- a.read']],
    ['probe a = begin!, procfs {} probe a.read {}', ['procfs.read <- a = begin!, procfs <- a.read']],
    ['probe kernel.function("x")?, begin {}', ['begin <- kernel.function("x")?,begin']],
  ])('%s', (text, expected) => {
    const derived = deriveText(text);
    expect(derived.lines).toEqual(expected);
    expect(derived.messages).toEqual([]);
  });
});

describe('wildcards', () => {
  const points = (text: string): readonly string[] =>
    deriveText(text).probes.map((probe) => printProbePoint(probe.point));

  test.each([
    ['probe timer.*(5) {}', 'timer.hz(5) timer.jiffies(5) timer.ms(5) timer.msec(5) timer.s(5) timer.sec(5)'],
    ['probe timer.m*(5).*(2) {}', 'timer.ms(5).randomize(2) timer.msec(5).randomize(2)'],
    ['probe *(5) {}', 'begin(5) end(5) error(5)'],
    ['probe procfs*.read {}', 'procfs.read'],
    ['probe pro*("x").read {}', 'procfs("x").read'],
    ['probe procfs.*(3).* {}', 'procfs.umask(3).read procfs.umask(3).write'],
    ['probe procfs.**(3) {}', 'procfs.read.maxsize(3)'],
    ['probe procfs.** {}', 'procfs.read procfs.write'],
    ['probe begin** {}', 'begin'],
    ['probe pro**ead {}', 'procfs.read'],
    ['probe a.x = begin {} probe a.y = end {} probe a.y.c = error {} probe a.** {}', 'begin end error'],
    ['probe a.x = begin {} probe a.y = procfs {} probe a.*.read {}', 'procfs.read'],
  ])('%s', (text, expected) => {
    expect(points(text).join(' ')).toBe(expected);
  });

  test.each([
    [
      'probe timer.m*(0) {}',
      "probe point mismatch: didn't find any wildcard matches (similar: ms, s, hz, ns, us): identifier 'm*' at :1:13",
    ],
    [
      'probe a = procfs {} probe a.z* {}',
      "probe point mismatch: didn't find any wildcard matches (similar: read, umask, write): identifier 'z*' at :1:29",
    ],
    [
      'probe procfs.**(3).rad {}',
      "probe point mismatch: didn't find any wildcard matches (similar: read, umask, write): operator '**' at :1:14",
    ],
  ])('%s', (text, expected) => {
    expect(messages(text)[1]).toBe(`semantic error: ${expected}`);
  });

  test('a wildcard that only finds kernel probes says so', () => {
    expect(messages('probe sunrp* {}')[1]).toContain('does not provide this probe point');
    expect(messages('probe sunrpc.* {}')[1]).toContain('does not provide this probe point');
    expect(messages('probe kernel.statement("f@a.c:1") {}')[1]).toContain(
      'point: it needs debugging information',
    );
  });
});

describe('what the script calls a probe', () => {
  test.each([
    ['probe a = begin {} probe b = a {} probe b? if (1) {}', ['b']],
    ['probe a.x = begin {} probe a.y = end {} probe a.* {}', ['a.x', 'a.y']],
    ['probe a = procfs {} probe a.* {}', ['procfs.read', 'procfs.write']],
    ['probe begin?, timer.ms(010) {}', ['begin?', 'timer.ms(8)']],
  ])('%s', (text, expected) => {
    expect(deriveText(text).probes.map((probe) => printProbePoint(probe.scriptPoint))).toEqual(expected);
  });

  test('an elided probe is reported at its alias', () => {
    expect(deriveText('probe begin {}').probes[0]?.token.text).toBe('probe');
    expect(deriveText('probe a = begin {} probe b = a {} probe b {}').probes[0]?.token).toMatchObject({
      text: 'a',
      column: 30,
    });
  });
});

describe('library aliases', () => {
  const library = [
    { path: 'one.stp', text: 'probe lib.x = begin { x = 1 } probe lib.broken = foo {}' },
    { path: 'two.stp', text: 'probe other = lib.x {} probe end { println(2) }' },
  ];

  test('files count as used when their aliases gave probes', () => {
    expect(deriveText('probe other {}', { library }).usedFiles).toEqual(['one.stp', 'two.stp']);
    expect(deriveText('probe lib.broken?, begin {}', { library }).usedFiles).toEqual([]);
  });

  test('come before those of the script', () => {
    expect(deriveText('probe lib.x = end {} probe lib.x {}', { library }).lines).toEqual([
      'begin <- lib.x = begin <- lib.x',
      'end <- lib.x = end <- lib.x',
    ]);
  });
});

test('derivation can be followed', () => {
  const { trace } = deriveText('probe a = begin! {} probe a!, error, never {} probe timer.s*(3) {}');
  expect(trace).toEqual([
    'derive-probes (location #0): a! of keyword at <input>:1:21',
    "derive-probes (location #0): begin! of identifier 'a' at <input>:1:27",
    'Probe point begin! sufficient, skipped',
    'Probe point a! sufficient, skipped error never',
    'derive-probes (location #0): timer.s*(3) of keyword at <input>:1:47',
    "wildcard 's*' matched 's'",
    "wildcard 's*' matched 'sec'",
  ]);
});

describe('system calls', () => {
  test.each([
    [
      'probe syscall.read {}',
      ['kernel.syscall("read") <- syscall.read = kernel.syscall("read") <- syscall.read'],
    ],
    [
      'probe nd_syscall.{openat,close}.return {}',
      [
        'kernel.syscall("openat").return <- nd_syscall.openat.return = kernel.syscall("openat").return <- nd_syscall.openat.return,nd_syscall.close.return',
        'kernel.syscall("close").return <- nd_syscall.close.return = kernel.syscall("close").return <- nd_syscall.openat.return,nd_syscall.close.return',
      ],
    ],
  ])('%s', (text, expected) => {
    expect(deriveText(text).lines).toEqual(expected);
  });

  test('a wildcard is every name that it matches', () => {
    const { probes } = deriveText('probe syscall.dup*.return {}');
    expect(probes.map(({ event }) => event)).toEqual([
      { family: 'syscall', name: 'dup', number: 32, access: 'exit' },
      { family: 'syscall', name: 'dup2', number: 33, access: 'exit' },
      { family: 'syscall', name: 'dup3', number: 292, access: 'exit' },
    ]);
  });

  test('a global variable of the script is not an argument', () => {
    const { probes } = deriveText('global count probe syscall.read { count++ print(argstr) }');
    expect(probes.map(({ body }) => printBlock(body)).join('')).toContain('(__count_argument) = ');
  });

  test('variables that the handler does not mention are left out, unless a name may be misspelt', () => {
    const bodies = (handler: string): string =>
      deriveText(`global n probe syscall.openat { ${handler} }`)
        .probes.map(({ body }) => printBlock(body))
        .join('');
    expect(bodies('x = 1 foreach (k in n) n[k] = x + flags')).not.toContain('(filename) = ');
    expect(bodies('print(filenme)')).toContain('(filename) = ');
  });

  test('unknown names', () => {
    expect(messages('probe syscall.opne {}')[1]).toContain('probe point mismatch (similar: ');
    expect(messages('probe kernel.syscall("opne") {}')[1]).toContain('no match');
  });
});
