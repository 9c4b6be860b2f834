import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { repositoryRoot, runCommand, stapPath } from '../harness/command.ts';

const EXAMPLES = join(repositoryRoot, 'examples');
const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.stp'));
const textOf = (name: string): string => readFileSync(join(EXAMPLES, name), 'utf8');

/** The first command that the comment at the head of an example tells, without its `-c 'COMMAND'`. */
function ownCall(name: string): string {
  const [, call] = /^\/\/ {5}(stap .*?)( {3,}.*)?$/m.exec(textOf(name)) ?? [];
  if (call === undefined) throw new Error(`${name} does not tell how to call it`);
  return call;
}

/** What follows the name of the script in its own call, up to -c. */
function scriptArguments(name: string): readonly string[] {
  const words = ownCall(name).split(' ');
  const rest = words.slice(words.indexOf(name) + 1);
  return rest.includes('-c') ? rest.slice(0, rest.indexOf('-c')) : rest;
}

describe('examples', () => {
  const readme = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');

  test('each is in the table of examples/README.md once, with the call that it tells itself', () => {
    const rows = [...readme.matchAll(/^\| \[(.*?)\]\((.*?)\) \| `(.*?)` \|/gm)];
    expect(rows.map(([, name, link, call]) => ({ name, link, call }))).toEqual(
      [...names].sort().map((name) => ({ name, link: name, call: ownCall(name) })),
    );
  });

  test('each has a test', () => {
    const folder = join(repositoryRoot, 'tests/examples');
    const tests = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const untested = names.filter((name) => {
      const stem = name.replace(/\.stp$/, '');
      return !tests.some((text) => text.includes(`name: '${stem}'`) || text.includes(`examples/${name}'`));
    });
    expect(untested).toEqual([]);
  });
});

describe.runIf(hasEbpf())('examples compile in the kernel', () => {
  // A build that is due says so on standard error.
  beforeAll(async () => {
    await runCommand(stapPath, ['-V']);
  });

  test.each(names)('%s', async (name) => {
    const words = scriptArguments(name);
    // What the program offers is asked in pass 2; where it is not installed there is nothing to ask.
    const pass = words.every((word) => !word.startsWith('/') || existsSync(word)) ? '-p2' : '-p1';
    const { status, stderr } = await runCommand(stapPath, [pass, '--example', name, ...words]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
