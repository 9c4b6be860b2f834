import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SyslogOutput } from './syslog-output.ts';

let directory = '';
let fallen = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'syslog-output-'));
  fallen = '';
});
afterEach(() => rmSync(directory, { recursive: true }));

/** An output whose logger(1) is a shell script, and whose syslog socket exists. */
function withLogger(script: string): SyslogOutput {
  const path = join(directory, 'logger');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  const environment = { PATH: `${directory}:/usr/bin:/bin`, DIRECTORY: directory };
  return new SyslogOutput(environment, (text) => (fallen += text.toString('latin1')), directory);
}

function say(output: SyslogOutput, text: string): void {
  expect(output.write(output.encode(text))).toBe(text.length);
}

test('early messages are for who started it, later ones go to logger in order', async () => {
  const output = withLogger('echo "$@" >> "$DIRECTORY/words"; cat >> "$DIRECTORY/log"');
  say(output, 'early\n');
  expect(output.started()).toBe('early\n');
  for (const text of ['one\n', 'two\n', 'three\n']) say(output, text);
  await output.drained();
  expect(readFileSync(join(directory, 'log'), 'latin1')).toBe('one\ntwo\nthree\n');
  expect(readFileSync(join(directory, 'words'), 'latin1')).toContain('-t stapio');
  expect(fallen).toBe('');
});

test('what logger does not take is not lost', async () => {
  const output = withLogger('exit 1');
  output.started();
  say(output, 'refused\n');
  await output.drained();
  expect(fallen).toBe('refused\n');
});

test('without a syslog that listens, logger is not asked', async () => {
  const output = new SyslogOutput(
    { PATH: '/usr/bin:/bin' },
    (text) => (fallen += text.toString('latin1')),
    join(directory, 'no-socket'),
  );
  output.started();
  say(output, 'unheard\n');
  await output.drained();
  expect(fallen).toBe('unheard\n');
});
