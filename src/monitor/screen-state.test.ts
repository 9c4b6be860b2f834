import { expect, test } from 'vitest';
import { KeyDecoder } from './key-decoder.ts';
import { initialScreenState, pressKey } from './screen-state.ts';
import type { KeyEffect, ScreenMetrics, ScreenState } from './screen-state.ts';

const metrics: ScreenMetrics = {
  tableRows: 4,
  probeCount: 10,
  outputRows: 5,
  outputFirst: 100,
  outputEnd: 120,
};

/** The state after the bytes were typed, and what they asked for. */
function type(
  bytes: string,
  exited = false,
  from = initialScreenState(),
): { readonly state: ScreenState; readonly effects: readonly KeyEffect[] } {
  const effects: KeyEffect[] = [];
  let state = from;
  for (const key of new KeyDecoder().keys(bytes)) {
    const outcome = pressKey(state, key, metrics, exited);
    state = outcome.state;
    if (outcome.effect !== undefined) effects.push(outcome.effect);
  }
  return { state, effects };
}

const commands = (bytes: string, exited = false): unknown[] =>
  type(bytes, exited).effects.map((effect) => (effect.kind === 'command' ? effect.command : effect));

test('letters are commands', () => {
  expect(commands('cprq')).toEqual([
    { kind: 'clear' },
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'quit' },
  ]);
});

test('when the script has ended q leaves, and nothing else reaches it', () => {
  expect(commands('cprt12\rq', true)).toEqual([
    { kind: 'input', bytes: '1' },
    { kind: 'input', bytes: '2' },
    { kind: 'input', bytes: '\r' },
    { kind: 'leave' },
  ]);
});

test('t asks for an index of up to five digits', () => {
  expect(type('t12').state.prompt).toBe('12');
  expect(type('t1234567').state.prompt).toBe('12345');
  expect(type('tx1\x7f2').state.prompt).toBe('2');
  expect(commands('t12\r')).toEqual([{ kind: 'toggle', index: 12 }]);
  expect(commands('t\r')).toEqual([]);
  expect(commands('t7\x1b')).toEqual([]);
  expect(type('t7\x1b').state.prompt).toBeUndefined();
});

test('s goes through the columns', () => {
  expect(type('sss').state.sortBy).toBe('min');
  expect(type('sssssss').state.sortBy).toBe('index');
});

test('the table scrolls within its rows', () => {
  expect(type('jj').state.tableTop).toBe(2);
  expect(type('jjk').state.tableTop).toBe(1);
  expect(type('k').state.tableTop).toBe(0);
  expect(type('\x1b[6~').state.tableTop).toBe(4);
  expect(type('\x1b[6~\x1b[6~\x1b[6~').state.tableTop).toBe(6);
  expect(type('\x1b[F').state.tableTop).toBe(6);
  expect(type('\x1b[F\x1b[H').state.tableTop).toBe(0);
});

test('the output scrolls from its end, and follows it again when it gets there', () => {
  expect(type('\tk').state.outputTop).toBe(114);
  expect(type('\t\x1bOA\x1bOA\x1b[B').state.outputTop).toBe(114);
  expect(type('\tkj').state.outputTop).toBe('newest');
  expect(type('\t\x1b[5~').state.outputTop).toBe(110);
  expect(type('\t\x1b[1~').state.outputTop).toBe(100);
  expect(type('\t\x1b[1~\x1b[4~').state.outputTop).toBe('newest');
  expect(type('\x1b[C\x1b[C\x1b[D').state.outputShift).toBe(8);
  expect(type('\x1b[D').state.outputShift).toBe(0);
});

test('h and x', () => {
  expect(type('h').state.help).toBe(true);
  expect(type('hh').state.help).toBe(false);
  expect(type('x').state).toMatchObject({ statusHidden: true, activeWindow: 'output' });
  expect(type('xx').state).toMatchObject({ statusHidden: false, activeWindow: 'status' });
  expect(type('xh').state).toMatchObject({ statusHidden: false, help: true });
});

test('other keys are for the script', () => {
  expect(type('a\n\x1b[15~').effects).toEqual([
    { kind: 'input', bytes: 'a' },
    { kind: 'input', bytes: '\n' },
    { kind: 'input', bytes: '\x1b[15~' },
  ]);
  expect(type('\x0c').effects).toEqual([{ kind: 'redraw' }]);
});

test('a sequence that comes in two pieces is one key', () => {
  const decoder = new KeyDecoder();
  expect(decoder.keys('\x1b[')).toEqual([]);
  expect(decoder.keys('6~j')).toMatchObject([{ kind: 'page-down' }, { kind: 'character', bytes: 'j' }]);
  expect(decoder.keys('\x1b')).toMatchObject([{ kind: 'escape' }]);
  expect(decoder.keys(`\x1b[${'1'.repeat(30)}`)[0]).toMatchObject({ kind: 'escape' });
});
