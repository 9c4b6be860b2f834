import { afterEach, expect, test, vi } from 'vitest';
import { ControlError } from '../control/control-client.ts';
import type { GlobalDescription, ModuleDescription } from '../control/protocol.ts';
import { ModuleHistory } from './module-history.ts';
import type { ModuleObserver } from './module-observer.ts';

/** Never answers: samples come by add(). */
const SILENT: ModuleObserver = {
  name: 'silent',
  root: '/nowhere',
  isConnected: false,
  describe: () => Promise.reject(new ControlError('no-answer', 'The module does not answer')),
  request: () => Promise.reject(new ControlError('no-answer', 'The module does not answer')),
  listen: () => () => undefined,
  close: () => undefined,
};

const histories: ModuleHistory[] = [];
afterEach(() => {
  for (const history of histories.splice(0)) history.close();
});

function emptyHistory(observer = SILENT): ModuleHistory {
  const history = new ModuleHistory(observer);
  histories.push(history);
  return history;
}

function state(...globals: readonly GlobalDescription[]): ModuleDescription {
  return { globals } as unknown as ModuleDescription;
}

function long(name: string, value: unknown): GlobalDescription {
  return { name, type: 'long', keyTypes: [], value };
}

test('numbers are followed: scalars, and counts of statistics', () => {
  const history = emptyHistory();
  history.add(
    state(
      long('n', 2n ** 60n),
      { name: 's', type: 'stats', keyTypes: [], value: { count: 3, sum: 9 } },
      { name: 'text', type: 'string', keyTypes: [], value: '5' },
      { name: 'array', type: 'long', keyTypes: ['long'], size: 0, elements: [] },
      { ...long('own', 1), hidden: true },
      long('wrong', { count: 1 }),
    ),
    1000,
  );
  expect(history.view()).toEqual({
    timesMs: [1000],
    series: [
      { name: 'n', values: [2 ** 60] },
      { name: 's', values: [3] },
    ],
  });
});

test('the last ten minutes are remembered; what is not in them any more goes', () => {
  const history = emptyHistory();
  history.add(state(long('old', 1), long('n', 0)), 0);
  for (let second = 1; second < 600; second++) history.add(state(long('n', second)), second);
  expect(history.view().series.map(({ name }) => name)).toEqual(['old', 'n']);
  expect(history.view().series[0]?.values.slice(0, 2)).toEqual([1, null]);
  history.add(state(long('n', 600)), 600);
  const { timesMs, series } = history.view();
  expect([timesMs.length, timesMs[0], timesMs.at(-1)]).toEqual([600, 1, 600]);
  expect(series.map(({ name, values }) => [name, values[0], values.at(-1)])).toEqual([['n', 1, 600]]);
});

test('of very many variables the first are followed', () => {
  const history = emptyHistory();
  history.add(state(...Array.from({ length: 500 }, (_, index) => long(`g${index}`, index))), 0);
  expect(history.view().series).toHaveLength(200);
});

test('it asks once a second until it is closed', async () => {
  vi.useFakeTimers();
  try {
    let asked = 0;
    const answering = { ...SILENT, describe: () => Promise.resolve(state(long('n', (asked += 1)))) };
    const history = emptyHistory(answering);
    await vi.advanceTimersByTimeAsync(2500);
    history.close();
    await vi.advanceTimersByTimeAsync(5000);
    expect(history.view().series).toEqual([{ name: 'n', values: [1, 2, 3] }]);
  } finally {
    vi.useRealTimers();
  }
});
