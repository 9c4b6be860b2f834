import { expect, test } from 'vitest';
import { moduleNameOf, parseStaprunCommandLine, type StaprunOptions } from './staprun-options.ts';

function options(...words: readonly string[]): StaprunOptions {
  const line = parseStaprunCommandLine(words);
  if (line.kind !== 'run') throw new Error(JSON.stringify(line));
  return line.options;
}

test.each<[string, Partial<StaprunOptions>]>([
  ['m.stapmod', { action: 'run', module: 'm.stapmod', rename: false, verbosity: 0, color: 'auto' }],
  ['-L m', { action: 'detach', module: 'm' }],
  ['-A m', { action: 'attach' }],
  ['-d m', { action: 'delete' }],
  ['-D -o f m', { action: 'daemon', outputFile: 'f' }],
  ['-vvw m', { verbosity: 2, suppressWarnings: true }],
  ['m -R', { rename: true, module: 'm' }],
  ['-c ls m', { command: 'ls', targetPid: undefined }],
  ['-x 12 m', { targetPid: 12 }],
  ['-t12 m', { targetPid: 12 }],
  ['-x abc m', { targetPid: undefined }],
  ['-b 4095 m', { bufferSizeMb: 4095 }],
  ['-S 3,2 -o f m', { outputRotation: { sizeMb: 3, files: 2 } }],
  ['-S 3 -o f m', { outputRotation: { sizeMb: 3, files: undefined } }],
  ['-S 0 m', { outputRotation: undefined }],
  ['-C never m', { color: 'never' }],
  ['-M 2 m', { monitorSeconds: 2 }],
  ['-T 1 -i m', { ineffective: [] }],
  ['-u m', { module: 'm', ineffective: ['-u: there is no uprobes module to load'] }],
  ['-upath m', { module: 'm', ineffective: ['-u: there is no uprobes module to load'] }],
  [
    '-N 1 -r 1:x m',
    { ineffective: [expect.stringMatching(/^-N: /), expect.stringMatching(/^-r: /)] as never },
  ],
  [
    'm a=1 b= c=x=y d',
    {
      moduleOptions: [
        { name: 'a', value: '1' },
        { name: 'b', value: '' },
        { name: 'c', value: 'x=y' },
        { name: 'd', value: '' },
      ],
    },
  ],
])('%s', (words, expected) => {
  expect(options(...words.split(' '))).toMatchObject(expected);
});

test.each([
  ['-A -L m', "You can't specify the '-A' and '-L' options together."],
  [
    '-A -b 3 m',
    "You can't specify the '-A' and '-b' options together.  The '-b'\nbuffer size option only has an effect when the module is inserted.",
  ],
  [
    '-A -c ls m',
    "You can't specify the '-A' and '-c' options together.  The '-c cmd'\noption used to start a command only has an effect when the module\nis inserted.",
  ],
  [
    '-A -x 3 m',
    "You can't specify the '-A' and '-x' options together.  The '-x pid'\noption only has an effect when the module is inserted.",
  ],
  ['-c ls -x 3 m', "You can't specify the '-c' and '-x' options together."],
  ['-D -L -o f m', "You can't specify the '-D' and '-L' options together."],
  ['-D -d -o f m', "You can't specify the '-D' and '-d' options together."],
  ['-D -c ls -o f m', "You can't specify the '-D' and '-c' options together."],
  ['-D m', "You have to specify output FILE with '-D' option."],
  ['-S 3 m', "You have to specify output FILE with '-S' option."],
  ['-S 3x -o f m', "Invalid file size option '3x'."],
  ['-b 0 m', "Invalid buffer size '0' (should be 1-4095)."],
  ['-b 4096 m', "Invalid buffer size '4096' (should be 1-4095)."],
  ['-b abc m', "Invalid buffer size '0' (should be 1-4095)."],
  ['-T 0 m', "Invalid reader timeout value '0' (should be >= 1)."],
  ['-N 0 m', 'Invalid target namespaces pid 0 (should be > 0).'],
  ['-C blue m', "Invalid option 'blue' for -C."],
  ['-M 0 m', 'Invalid monitor interval'],
  ['-r abc m', "Cannot process remote id option 'abc'."],
  ['-A m a=1', 'Cannot have module options with attach (-A).'],
  ['-d', 'Need a module name or path to load.'],
])('%s is refused, with the usage', (words, text) => {
  expect(parseStaprunCommandLine(words.split(' '))).toEqual({
    kind: 'error',
    message: `ERROR: ${text}`,
    usage: true,
  });
});

test.each([
  ['-F 3 m', 'ERROR: Relay basedir -F option is invalid for staprun'],
  [`/x/${'a'.repeat(57)}.ko`, `ERROR: Module name ('${'a'.repeat(57)}') is too long.`],
  [`m${' a=1'.repeat(64)}`, 'ERROR: Too many module options, only 63 are allowed.'],
])('%s is refused, without the usage', (words, message) => {
  expect(parseStaprunCommandLine(words.split(' '))).toEqual({ kind: 'error', message, usage: false });
});

test('misspelt options are what getopt(3) says', () => {
  expect(parseStaprunCommandLine(['-z', 'm'])).toMatchObject({ message: "staprun: invalid option -- 'z'" });
  expect(parseStaprunCommandLine(['-b'])).toMatchObject({
    message: "staprun: option requires an argument -- 'b'",
  });
  expect(parseStaprunCommandLine([])).toMatchObject({
    message: 'ERROR: Need a module name or path to load.',
  });
});

test('-h and -V come before what is wrong behind them', () => {
  expect(parseStaprunCommandLine(['-h', '-z'])).toEqual({ kind: 'help' });
  expect(parseStaprunCommandLine(['-V'])).toEqual({ kind: 'version' });
});

test.each([
  ['/a/b.c/name.stapmod', 'name'],
  ['name.ko', 'name'],
  ['a.b.ko', 'a.b'],
  ['name', 'name'],
])('the module of %s is %s', (argument, name) => {
  expect(moduleNameOf(argument)).toBe(name);
});
