import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CompiledGlobal } from '../module/compiled-module.ts';
import { textWidth } from './cell-width.ts';
import type { MonitorStatus } from './monitor-status.ts';
import { OutputHistory } from './output-history.ts';
import { layOut } from './screen-layout.ts';
import type { ScreenContent } from './screen-layout.ts';
import { initialScreenState, TABLE_COLUMNS } from './screen-state.ts';
import type { ScreenState } from './screen-state.ts';

const definition = { mangledName: '', type: 'long', keyTypes: [], wrap: false, isPrivate: false } as const;
const global = (name: string): CompiledGlobal => ({ ...definition, name, origin: 'script' });

const status: MonitorStatus = {
  uptimeSeconds: 61,
  uid: 1000,
  memory: { data: 10, text: 20, context: 30, transport: 40, allocated: 50 },
  moduleName: 'stap_1',
  globals: [
    { name: 'count', definition: global('count'), value: 7 },
    {
      name: 'names',
      definition: global('names'),
      elements: [{ keys: ['a\x1b'], value: 1 }],
    },
    { name: 'st', definition: global('st'), value: { count: 0 } },
  ],
  probes: [
    { index: 0, name: 'timer.s(1)', on: true, hits: 12, minNs: 100, avgNs: 200, maxNs: 3000 },
    { index: 1, name: 'procfs("x").read', on: false, hits: 3, minNs: 5, avgNs: 6, maxNs: 7 },
    { index: 2, name: 'end', on: true, hits: 0, minNs: 0, avgNs: 0, maxNs: 0 },
  ],
};

function content(changes: Partial<ScreenContent> = {}, state: Partial<ScreenState> = {}): ScreenContent {
  const history = new OutputHistory();
  for (let line = 1; line <= 20; line++) history.add(`line ${line}\n`);
  return {
    status,
    history,
    exited: false,
    characters: 'utf-8',
    state: { ...initialScreenState(), ...state },
    ...changes,
  };
}

const picture = (of: ScreenContent, columns: number, rows: number): string =>
  layOut(of, { columns, rows })
    .lines.map(({ text, bold }) => (bold ? `*${text}` : ` ${text}`).trimEnd())
    .join('\n');

test('status above, output below', () => {
  expect(picture(content({}, { sortBy: 'hits' }), 72, 22)).toMatchInlineSnapshot(`
    " ┌─ status ─────────────────────────────────────────────────────────────┐
     │uptime: 00:01:01 uid: 1000 memory: 10data/20text/30ctx/40net/50alloc  │
     │kb                                                                    │
     │module_name: stap_1 probes: 3                                         │
     │globals: count: 7 names: {("a^["): 1} st: {@count: 0, @min: 0, @max:  │
     │0, @sum: 0, @avg: 0}                                                  │
    *│index  state  hits* min  avg  max  name                               │
     │0      on     12    100  200  3000 timer.s(1)                         │
     │1      off    3     5    6    7    procfs("x").read                   │
     │press h for help                                                      │
     └──────────────────────────────────────────────────────────────────────┘
     line 10
     line 11
     line 12
     line 13
     line 14
     line 15
     line 16
     line 17
     line 18
     line 19
     line 20"
  `);
});

test('without a box where it would take too much', () => {
  expect(picture(content(), 30, 8)).toMatchInlineSnapshot(`
    " uptime: 00:01:01 uid: 1000 mem
     module_name: stap_1 probes: 3
    *index* state  hits  min  avg
     press h for help
     line 17
     line 18
     line 19
     line 20"
  `);
});

test('before the first data, plain characters', () => {
  expect(picture(content({ status: undefined, characters: 'ascii' }), 30, 12)).toMatchInlineSnapshot(`
    " +- status -------------------+
     |(data not available)        |
     |                            |
     |                            |
     |press h for help            |
     +----------------------------+
     line 15
     line 16
     line 17
     line 18
     line 19
     line 20"
  `);
});

test('help', () => {
  expect(picture(content({}, { help: true }), 80, 24)).toMatchInlineSnapshot(`
    " ┌─ status ─────────────────────────────────────────────────────────────────────┐
     │h  help on and off              Tab  switch window (bold: status)             │
     │s  sort by the next column      j Down  k Up  one line                        │
     │t  switch a probe on or off     PgDn PgUp     one page                        │
     │p  pause: all probes off        Home End      first, last line                │
     │r  resume: all probes on        Left Right    move the output                 │
     │c  clear the globals            x  status on and off                          │
     │q  end the script, then leave   ^C ends and leaves  ^L redraws                │
     │                                                                              │
     │                                                                              │
     │press h for help                                                              │
     └──────────────────────────────────────────────────────────────────────────────┘
     line 9
     line 10
     line 11
     line 12
     line 13
     line 14
     line 15
     line 16
     line 17
     line 18
     line 19
     line 20"
  `);
});

test('the end of the script is told, also when the status is hidden', () => {
  expect(picture(content({ exited: true }), 40, 12)).toContain('EXITED: press q again to quit');
  expect(picture(content({ exited: true }, { statusHidden: true }), 40, 4)).toBe(
    ' line 18\n line 19\n line 20\n EXITED: press q again to quit',
  );
  expect(picture(content({}, { prompt: '12' }), 40, 12)).toContain('enter probe index: 12');
});

test('globals leave room for the table', () => {
  const globals = Array.from({ length: 40 }, (_, index) => {
    return { name: `global_${index}`, definition: global('g'), value: index };
  });
  expect(picture(content({ status: { ...status, globals } }), 60, 24)).toMatchInlineSnapshot(`
    " ┌─ status ─────────────────────────────────────────────────┐
     │uptime: 00:01:01 uid: 1000 memory:                        │
     │10data/20text/30ctx/40net/50alloc kb                      │
     │module_name: stap_1 probes: 3                             │
     │globals: global_0: 0 global_1: 1 global_2: 2 global_3: 3  │
     │global_4: 4 global_5: 5 global_6: 6 global_7: 7 global_8: │
     │8 global_9: 9 global_10: 10 global_11: 11 global_12: 1 ...│
    *│index* state  hits  min  avg  max  name                   │
     │0      on     12    100  200  3000 timer.s(1)             │
     │1      off    3     5    6    7    procfs("x").read       │
     │press h for help                                          │
     └──────────────────────────────────────────────────────────┘
     line 9
     line 10
     line 11
     line 12
     line 13
     line 14
     line 15
     line 16
     line 17
     line 18
     line 19
     line 20"
  `);
});

test('scrolled windows', () => {
  const { lines } = layOut(content({}, { outputTop: 3, tableTop: 9, outputShift: 2 }), {
    columns: 40,
    rows: 10,
  });
  const texts = lines.map(({ text }) => text);
  expect(texts[5]).toBe('ne 4');
  expect(texts[9]).toBe('ne 8');
  expect(texts[3]).toBe(`│${'press h for help'.padEnd(38)}│`);
});

test('whatever the size and the content, the lines are as many and as wide as the screen, and printable', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => String.fromCharCode(...data));
  const state = fc.record({
    activeWindow: fc.constantFrom('status', 'output'),
    statusHidden: fc.boolean(),
    help: fc.boolean(),
    sortBy: fc.constantFrom(...TABLE_COLUMNS),
    prompt: fc.option(fc.constant('12345'), { nil: undefined }),
    tableTop: fc.nat(50),
    outputTop: fc.oneof(fc.nat(50), fc.constant('newest' as const)),
    outputShift: fc.nat(50),
  } as const);
  const size = fc.record({
    columns: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 200 })),
    rows: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 80 })),
  });
  fc.assert(
    fc.property(
      size,
      state,
      bytes,
      bytes,
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      ({ columns, rows }, chosen, printed, text, exited, utf8, noData) => {
        const history = new OutputHistory();
        history.add(printed.replaceAll('a', '\n'));
        const of: ScreenContent = {
          status: noData
            ? undefined
            : {
                ...status,
                globals: [...status.globals, { name: 's', definition: global('s'), value: text }],
                probes: [...status.probes, { ...status.probes[0], name: text } as MonitorStatus['probes'][0]],
              },
          state: chosen,
          history,
          exited,
          characters: utf8 ? 'utf-8' : 'ascii',
        };
        const { lines } = layOut(of, { columns, rows });
        expect(lines).toHaveLength(rows);
        for (const line of lines) {
          expect(textWidth(line.text)).toBeLessThanOrEqual(columns);
          expect(line.text).not.toMatch(/\p{C}/u);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
