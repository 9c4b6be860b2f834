import { expect, test } from 'vitest';
import type { OutputPort } from '../runtime/output.ts';
import { MonitoredOutput } from './monitored-output.ts';
import { OutputHistory } from './output-history.ts';

/** A port that takes a few bytes each time, and nothing at all while stopped. */
class SlowPort implements OutputPort {
  taken = '';
  stopped = false;
  readonly #waiting: (() => void)[] = [];
  write(bytes: Uint8Array): number | 'would-block' {
    if (this.stopped) return 'would-block';
    const count = Math.min(3, bytes.length);
    this.taken += Buffer.from(bytes.subarray(0, count)).toString('latin1');
    return count;
  }
  onWritable(callback: () => void): void {
    this.#waiting.push(callback);
  }
  encode(text: string): Uint8Array {
    return Buffer.from(text, 'latin1');
  }
  goOn(): void {
    this.stopped = false;
    for (const callback of this.#waiting.splice(0)) callback();
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function create(onTerminal: boolean): {
  readonly output: MonitoredOutput;
  readonly port: SlowPort;
  readonly history: OutputHistory;
} {
  const port = new SlowPort();
  const history = new OutputHistory();
  return { port, history, output: new MonitoredOutput(port, history, () => undefined, onTerminal) };
}

test('output that goes elsewhere goes there at once, and what was taken is shown', () => {
  const { output, port, history } = create(false);
  expect(output.write(bytes('abcdef\n'))).toBe(3);
  port.stopped = true;
  expect(output.write(bytes('def\n'))).toBe('would-block');
  expect(port.taken).toBe('abc');
  expect(history.lines(0, 1)).toEqual(['abc']);
});

test('on the terminal the last lines before the end and all after it are printed when the screen has gone', async () => {
  const { output, port } = create(true);
  output.write(bytes('1\n2\n3\n4\n'));
  output.keepFromNow(2);
  output.write(bytes('end 1\nend 2\nend 3\n'));
  expect(port.taken).toBe('');
  await output.release(1);
  expect(port.taken).toBe('3\n4\nend 1\nend 2\nend 3\n');
  expect(output.write(bytes('x'))).toBe(1);
});

test('without an end the last lines are printed; half a line counts', async () => {
  for (const [text, lines, left] of [
    ['1\n2\n3', 2, '2\n3'],
    ['1\n', 5, '1\n'],
    ['\n\n\n', 2, '\n\n'],
    ['1\n2\n', 0, ''],
    ['', 3, ''],
  ] as const) {
    const { output, port } = create(true);
    output.write(bytes(text));
    await output.release(lines);
    expect(port.taken).toBe(left);
  }
});

test('nothing overtakes what was kept', async () => {
  const { output, port } = create(true);
  output.write(bytes('kept\n'));
  port.stopped = true;
  const released = output.release(5);
  expect(output.write(bytes('new\n'))).toBe('would-block');
  const again = new Promise<void>((resolve) => output.onWritable(resolve));
  port.goOn();
  await released;
  await again;
  expect(port.taken).toBe('kept\n');
  expect(output.write(bytes('new\n'))).toBe(3);
});

test('what is kept has a limit until the end begins', async () => {
  const { output, port } = create(true);
  for (let line = 0; line < 200_000; line++) output.write(bytes(`line ${line}\n`));
  output.keepFromNow(1_000_000);
  expect(port.taken).toBe('');
  await output.release(0);
  expect(port.taken.length).toBeLessThan(1 << 20);
  expect(port.taken.endsWith('line 199999\n')).toBe(true);
});
