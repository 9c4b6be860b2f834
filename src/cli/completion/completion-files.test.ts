import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCommandLine } from '../command-line.ts';
import { parseStaprunCommandLine } from '../staprun-options.ts';
import { completedCommands, FIXED_WORDS, optionNames } from './completed-command.ts';
import { completionFiles } from './completion-files.ts';

const DIRECTORY = 'completions';

test('completions/ completes the options that there are (npm run docs)', () => {
  const there = readdirSync(DIRECTORY, { recursive: true, encoding: 'latin1' }).filter((path) =>
    statSync(join(DIRECTORY, path)).isFile(),
  );
  const files = completionFiles();
  expect(there.sort()).toEqual([...files.keys()].sort());
  for (const [path, text] of files) expect(readFileSync(join(DIRECTORY, path), 'latin1'), path).toBe(text);
});

test('each command of the package is completed', () => {
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Record<string, string> };
  expect(completedCommands().map(({ name }) => name)).toEqual(Object.keys(bin));
});

test('words that are offered for an option are words that it takes', () => {
  for (const [command, options] of Object.entries(FIXED_WORDS)) {
    const known = completedCommands().find(({ name }) => name === command);
    expect(known).toBeDefined();
    for (const [option, words] of Object.entries(options)) {
      expect(known?.options.flatMap(optionNames)).toContain(option);
      for (const word of words) {
        const given = option.startsWith('--') ? `${option}=${word}` : `${option}${word}`;
        const parsed =
          command === 'stap' ? parseCommandLine([given, 'x.stp']) : parseStaprunCommandLine([given, 'x']);
        expect(parsed, given).toMatchObject({ kind: 'run' });
      }
      const wrong = option.startsWith('--') ? `${option}=nonsense` : `${option}nonsense`;
      const refused =
        command === 'stap' ? parseCommandLine([wrong, 'x.stp']) : parseStaprunCommandLine([wrong, 'x']);
      expect(refused, wrong).toMatchObject({ kind: 'error' });
    }
  }
});
