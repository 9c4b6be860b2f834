import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandManuals } from './command-manuals.ts';
import { completedCommands, optionNames } from './completion/completed-command.ts';

const pages = readdirSync('man');
const textOf = (page: string): string => readFileSync(join('man', page), 'latin1');

test('the pages tell the options that there are (npm run docs)', () => {
  for (const [page, withOptions] of commandManuals())
    expect(withOptions(textOf(page)), page).toBe(textOf(page));
});

test('each command has a page, and each of its options is in it', () => {
  for (const command of completedCommands()) {
    const page = pages.find((name) => /^(.*)\.\d$/.exec(name)?.[1] === command.name);
    expect(page, command.name).toBeDefined();
    const plain = textOf(page ?? '')
      .replaceAll('\\-', '-')
      .replace(/\\f[BIPR]/g, '');
    for (const name of command.options.flatMap(optionNames))
      expect(plain, `${command.name} ${name}`).toMatch(new RegExp(`(?<![-\\w])${name}(?![-\\w])`));
  }
});

describe.skipIf(spawnSync('man', ['--version']).status !== 0)('man(1) formats', () => {
  test.each(pages)('%s without a warning', (page) => {
    const words = ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', join('man', page)];
    const { status, stderr } = spawnSync('man', words, {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('what it cannot, it warns of', () => {
    const page = '.TH X 1\n.SH NAME\nx \\- y\n.nonsense\n\\[nonsense]\n';
    const words = ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', '-'];
    const { stderr } = spawnSync('man', words, { encoding: 'utf8', input: page });
    expect(stderr).toContain('nonsense');
  });
});
