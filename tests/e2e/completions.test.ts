import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainEnvironment, repositoryRoot, runCommand } from '../harness/command.ts';
import { isInstalled } from '../harness/is-installed.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';

const folder = makeScratchFolder('completion');
const root = join(folder, 'root');
const completions = join(repositoryRoot, 'completions');

/** Lines and what is offered at their end, in every shell. Modules demo and other run. */
const CASES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['stap --diag', ['--diagnostics']],
  ['stap --procfs f', ['fifo', 'fuse']],
  ['stap --procfs=f', ['fifo', 'fuse']],
  ['stap --color=', ['always', 'auto', 'never']],
  ['stap -p ', ['1', '2', '3', '4', '5']],
  ['stap -v --privilege staps', ['stapsys']],
  ['stap one', ['one.stp']],
  ['stap -v -o notes', ['notes.txt']],
  ['stap one.stp notes', ['notes.txt']],
  ['staprun -C a', ['always', 'auto']],
  ['staprun -A ', ['demo', 'other']],
  ['staprun -d o', ['other']],
  ['staprun two', ['two.stapmod']],
  ['stap-rmmod d', ['demo']],
  ['stap-rmmod --procfs-root /nowhere d', []],
  ['stap-rmmod demo o', ['other']],
  ['stap-modinfo ot', ['other']],
  ['stap-modinfo --fie', ['--field']],
  ['stap-lsmod --js', ['--json']],
  ['stap-ctl ', ['demo', 'other']],
  ['stap-ctl demo re', ['reload']],
  ['stap-ctl --values demo p', ['probes']],
];

beforeAll(() => {
  for (const name of ['demo', 'other']) {
    mkdirSync(join(root, `.${name}`), { recursive: true });
    writeFileSync(join(root, `.${name}`, 'entry.json'), '{}');
  }
  for (const name of ['one.stp', 'notes.txt', 'two.stapmod']) writeFileSync(join(folder, name), '');
});

afterAll(() => removeScratchFolder(folder));

/** The last words of what is offered: without what is before `=`, and without the texts behind a tab. */
function offeredWords(stdout: string): readonly string[] {
  const words = stdout.split('\n').filter((line) => line !== '');
  return [...new Set(words.map((line) => line.replace(/\t.*/, '').replace(/^--\w+=(?=.)/, '')))].sort();
}

async function offered(shell: string, words: readonly string[]): Promise<readonly string[]> {
  const env = plainEnvironment({ STAP_PROCFS_ROOT: root, HOME: folder });
  const result = await runCommand(shell, words, { cwd: folder, env });
  expect(result.stderr).toBe('');
  return offeredWords(result.stdout);
}

const commandOf = (line: string): string => line.split(' ')[0] ?? '';

describe('bash completes', () => {
  // As readline calls it: "=" is a word of its own.
  const program = `
    source "$1/bash/$2"
    COMP_LINE=$3 COMP_POINT=\${#3}
    read -ra COMP_WORDS <<<"\${3//=/ = }"
    [[ $3 == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    "_\${2//-/_}" "$2"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  test.each(CASES)('%s', async (line, words) => {
    const found = await offered('bash', ['-c', program, 'bash', completions, commandOf(line), line]);
    // An optional argument can follow the name only with "=", which bash has to be told.
    expect(found.filter((word) => !word.endsWith('='))).toEqual(words);
  });

  test('the functions are those that "complete" names', async () => {
    for (const name of ['stap', 'staprun', 'stap-ctl']) {
      const { stdout } = await runCommand('bash', [
        '-c',
        `. ${completions}/bash/${name}; complete -p ${name}`,
      ]);
      expect(stdout).toBe(`complete -F _${name.replace('-', '_')} ${name}\n`);
    }
  });
});

describe.skipIf(!isInstalled('fish'))('fish completes', () => {
  test.each(CASES)('%s', async (line, words) => {
    const program = `source ${completions}/fish/${commandOf(line)}.fish; complete -C $argv[1]`;
    expect(await offered('fish', ['--no-config', '-c', program, line])).toEqual(words);
  });
});

describe.skipIf(!isInstalled('zsh'))('zsh completes', () => {
  const program = join(repositoryRoot, 'tests/e2e/zsh-completion.zsh');
  test.each(CASES)('%s', async (line, words) => {
    expect(await offered('zsh', ['-f', program, join(completions, 'zsh'), line])).toEqual(words);
  });
});
