import { expect, test } from 'vitest';
import { parseControlCommand } from './control-command.ts';
import { memoryText, memoryUse } from './memory-use.ts';
import { uptimeText } from './monitor-status.ts';

test('commands are exact; one newline is forgiven', () => {
  expect(parseControlCommand('clear')).toEqual({ kind: 'clear' });
  expect(parseControlCommand('pause\n')).toEqual({ kind: 'pause' });
  expect(parseControlCommand('resume')).toEqual({ kind: 'resume' });
  expect(parseControlCommand('quit\n')).toEqual({ kind: 'quit' });
  expect(parseControlCommand('12\n')).toEqual({ kind: 'toggle', index: 12 });
  for (const text of ['', '\n', 'Clear', ' clear', 'clear\n\n', '1x', '-1', '0x1', '9999999999'])
    expect(parseControlCommand(text)).toBeUndefined();
});

test('memory as the kernel tells it', () => {
  const text =
    'Name:\tnode\nVmStk:\t     132 kB\nRssAnon:\t   30500 kB\nRssFile:\t   41000 kB\nRssShmem:\t       0 kB\n';
  const files = { read: () => text, readLink: () => undefined };
  expect(memoryText(memoryUse(files, 5_000_000))).toBe('30500data/41000text/132ctx/0net/4883alloc kb');
  const nothing = { read: () => undefined, readLink: () => undefined };
  expect(memoryText(memoryUse(nothing, 0))).toBe('0data/0text/0ctx/0net/0alloc kb');
});

test('uptime', () => {
  expect(uptimeText(0)).toBe('00:00:00');
  expect(uptimeText(3725.9)).toBe('01:02:05');
  expect(uptimeText(400 * 3600)).toBe('400:00:00');
});
