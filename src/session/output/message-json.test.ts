import { expect, test } from 'vitest';
import { messageJson } from './message-json.ts';

const TIME = new Date('2026-11-23T12:00:00.001Z');

test('a message is one line, whatever is in it', () => {
  expect(messageJson({ kind: 'warning', text: 'one\n"two"\n' }, TIME)).toBe(
    '{"kind":"warning","time":"2026-11-23T12:00:00.001Z","text":"one\\n\\"two\\""}\n',
  );
  expect(messageJson({ kind: 'error', text: '\xff' }, TIME)).toBe(
    '{"kind":"error","time":"2026-11-23T12:00:00.001Z","text":"\xef\xbf\xbd","bytes":"/w=="}\n',
  );
});
