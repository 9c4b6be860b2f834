import { expect, test } from 'vitest';
import type { StapOptions } from '../session/stap-options.ts';
import { parseCommandLine } from './command-line.ts';
import { stapOptions } from './option-table.ts';

function options(...words: string[]): StapOptions {
  const line = parseCommandLine(words);
  if (line.kind !== 'run') throw new Error(JSON.stringify(line));
  return line.options;
}

const script = ['-e', 'probe begin {}'];
const hint = 'hint';
const nothing = 'nothing';
const s = (what: string, value: string, pattern: string): string =>
  `ERROR: Safety pattern mismatch for ${what} parameter ('${value}' vs. '${pattern}') rc=1`;
const tryInteractive = "A script must be specified.\nTry '-i' for building a script interactively.";

test.each([
  [['-p6'], 'Invalid pass number (should be 1-5).', nothing],
  [['-p', 'x'], 'Invalid pass number (should be 1-5).', nothing],
  [['--vp='], 'Invalid --vp argument: it takes 1 to 5 digits.', nothing],
  [['--vp=123456'], 'Invalid --vp argument: it takes 1 to 5 digits.', nothing],
  [['-s0'], 'Invalid buffer size (should be 1-4095).', nothing],
  [['-s', '5x'], 'Invalid buffer size (should be 1-4095).', nothing],
  [['-T', '0.0001'], 'Invalid timeout interval.', nothing],
  [['-T', 'x'], 'Invalid timeout interval.', nothing],
  [['-x', '12x'], 'Invalid target process ID number.', nothing],
  [['-c', ''], 'Empty CMD string invalid.', nothing],
  [['-d', ''], 'Data object (-d) cannot be empty.', nothing],
  [['-m', ''], 'Module name cannot be empty.', nothing],
  [['-m', 'A.b'], s('-m', 'A.b', '^[a-z0-9_]+$'), nothing],
  [['-D', '9'], s('-D', '9', '^[a-z_][a-z_0-9]*(=-?[a-z_0-9]+)?$'), nothing],
  [['-G', 'x=a b'], s('-G', 'x=a b', '^[a-z_][a-z0-9_]*=[a-z0-9_.-]+$'), nothing],
  [['-S', '1,'], s('-S', '1,', '^[0-9]+(,[0-9]+)?$'), nothing],
  [['-a', '@'], s('-a', '@', '^[a-z0-9_-]+$'), nothing],
  [['--modinfo', '3'], s('--modinfo', '3', '^[a-z_][a-z0-9_]*=.+$'), nothing],
  [['-e', 'a', '-e', 'b'], 'Only one script can be given on the command line.', nothing],
  [['-l', 'begin', '-L', 'end'], 'ERROR: only one of the -l/-L/--dump-* switches may be specified', nothing],
  [['-l', 'begin', '-e', 'x'], 'Cannot specify a script with -l/-L/--dump-* switches.', hint],
  [['-l', 'begin', '-p2'], 'Cannot specify -p with -l/-L/--dump-* switches.', hint],
  [[], tryInteractive, hint],
  [['-c', 'ls', '-x', '3'], tryInteractive, hint],
  [['-c', 'ls', '-x', '3', ...script], "You can't specify -c and -x together.", hint],
  [['--unprivileged', '-g', ...script], "You can't specify -g and --privilege=stapusr together.", hint],
  [['--privilege=foo'], "Invalid argument 'foo' for --privilege.", nothing],
  [['--privilege=stapsys', '--unprivileged'], 'Privilege level may be set only once.', nothing],
  [['--color=xx'], "Invalid argument 'xx' for --color.", nothing],
  [['--runtime=foo'], 'ERROR: foo is an invalid argument for --runtime', nothing],
  [['--dyninst'], 'ERROR: --runtime=dyninst unavailable; this build lacks DYNINST feature', 'version'],
  [
    ['--compatible=9.9'],
    'ERROR: systemtap version 5.6 cannot be compatible with future version 9.9',
    nothing,
  ],
  [['--suppress-time-limits', '-g'], 'ERROR --suppress-time-limits requires guru mode (-g)', nothing],
  [['--rlimit-as='], 'An --rlimit-as option value must be specified.', nothing],
  [['--rlimit-as=x'], "Unable to convert rlimit-as resource limit 'x'.", nothing],
  [['--rlimit-cpu=x'], "Unable to convert resource limit 'x' for rlimit-cpu", nothing],
  [['--monitor=0'], 'Invalid monitor interval.', nothing],
  [['--monitor=1.5'], 'Invalid monitor interval.', nothing],
  [['--monitor=-3'], 'Invalid monitor interval.', nothing],
  [['-l', 'begin', '--monitor'], 'Cannot specify --monitor with -l/-L/--dump-* switches.', hint],
  [['--target-namespaces=0'], 'Invalid process ID number for target namespaces.', nothing],
  [['--bogus'], "stap: unrecognized option '--bogus'", hint],
  [['-p6', '--bogus'], 'Invalid pass number (should be 1-5).', nothing],
])('%j is refused', (words, message, follow) => {
  expect(parseCommandLine(words)).toMatchObject({ kind: 'error', message, follow });
});

test('the first operand is the script, the others are its arguments; with -e all are', () => {
  expect(options('a.stp', 'x', '-v', '--', '-y')).toMatchObject({
    script: { kind: 'file', path: 'a.stp' },
    scriptArguments: ['x', '-y'],
    verbosity: [1, 1, 1, 1, 1],
  });
  expect(options(...script, 'x')).toMatchObject({
    script: { kind: 'text', text: 'probe begin {}' },
    scriptArguments: ['x'],
  });
  expect(options('--example', 'a.stp').script).toEqual({ kind: 'example', name: 'a.stp' });
});

test('-E does not count as the main script', () => {
  expect(parseCommandLine(['-E', 'probe end {}']).kind).toBe('error');
  expect(options('-E', 'a', '-E', 'b', 'f').additionalScripts).toEqual(['a', 'b']);
});

test('verbosity adds up per pass', () => {
  expect(options('-v', '--vp', '1020', '-v', ...script).verbosity).toEqual([3, 2, 4, 2, 2]);
});

test('values are read as SystemTap reads them', () => {
  const read = options(
    ...script,
    ...['-T', '1.5', '-S', '2,3', '-DA', '-DB=-3', '-Gx=y', '-x', '42', '--rlimit-cpu=0x10', '--color'],
  );
  expect(read).toMatchObject({
    timeoutMs: 1500,
    outputRotation: { sizeMb: 2, files: 3 },
    definitions: [
      { name: 'A', value: '1' },
      { name: 'B', value: '-3' },
    ],
    globals: [{ name: 'x', value: 'y' }],
    targetPid: 42,
    resourceLimits: [{ resource: 'cpu', value: 16n }],
    color: 'always',
  });
});

test('-m loses .ko and what is too long, with a note', () => {
  const line = parseCommandLine(['-m', `${'a'.repeat(60)}.ko`, ...script]);
  expect(line).toMatchObject({
    options: { moduleName: 'a'.repeat(55) },
    notes: [
      { kind: 'plain', text: `Truncating module name to '${'a'.repeat(60)}'` },
      { kind: 'plain', text: `Truncating module name to '${'a'.repeat(55)}'` },
    ],
  });
});

test.each(
  stapOptions()
    .filter(({ support }) => support.kind !== 'works')
    .map((entry) => [entry.usage, entry]),
)('%s has a stated reason for having no effect', (_usage, entry) => {
  const name = entry.long?.[0] === undefined ? `-${entry.short ?? ''}` : `--${entry.long[0]}`;
  const argument = entry.argument === 'required' ? ['x=1'] : [];
  const line = parseCommandLine([name, ...(name === '--target-namespaces' ? ['1'] : argument), ...script]);
  if (entry.support.kind === 'refused') expect(line).toMatchObject({ kind: 'error' });
  else expect(line).toMatchObject({ kind: 'run', notes: [{ kind: 'warning' }] });
});

test('every long name and every letter belongs to one option', () => {
  const names = stapOptions().flatMap(({ short, long }) => [
    ...(short === undefined ? [] : [short]),
    ...(long ?? []),
  ]);
  expect(new Set(names).size).toBe(names.length);
});
