import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CompiledGlobal } from '../module/compiled-module.ts';
import type { GlobalView } from '../runtime/global-store.ts';
import { textOfBytes } from './byte-text.ts';
import type { MonitorStatus } from './monitor-status.ts';
import { statusJson } from './status-json.ts';

const definition = (name: string): CompiledGlobal => ({
  name,
  mangledName: `__global_${name}`,
  type: 'long',
  keyTypes: [],
  wrap: false,
  isPrivate: false,
  origin: 'script',
});

const global = (name: string, content: Omit<GlobalView, 'name' | 'definition'>): GlobalView => ({
  name,
  definition: definition(name),
  ...content,
});

const status = (globals: readonly GlobalView[], probeNames: readonly string[] = []): MonitorStatus => ({
  uptimeSeconds: 3725,
  uid: 0,
  memory: { data: 1, text: 2, context: 3, transport: 4, allocated: 5 },
  moduleName: 'mod',
  globals,
  probes: probeNames.map((name, index) => {
    return { index, name, on: index !== 1, hits: 5, minNs: 1, avgNs: 2, maxNs: 3 };
  }),
});

test('the whole text', () => {
  const text = statusJson(
    status(
      [
        global('x', { value: 3 }),
        global('big', { value: 9223372036854775807n }),
        global('s', { value: 'a"b\n' }),
        global('arr', {
          elements: [
            { keys: ['k'], value: 1 },
            { keys: [2, 'a"b'], value: 'v' },
          ],
        }),
        global('empty', { elements: [] }),
        global('st', { value: { count: 2, sum: 5, min: 1, max: 4, avg: 2 } }),
        global('none', { value: { count: 0 } }),
      ],
      ['timer.s(1)', 'procfs("a").read'],
    ),
  );
  expect(text).toBe(String.raw`{
"uptime": "01:02:05",
"uid": "0",
"memory": "1data/2text/3ctx/4net/5alloc kb",
"module_name": "mod",
"globals": {
"x":3,
"big":9223372036854775807,
"s":"a\"b\n",
"arr":{"(\"k\")" : 1, "(2,\"a\\\"b\")" : "v"},
"empty":{},
"st":{"@count": 2, "@min": 1, "@max": 4, "@sum": 5, "@avg": 2},
"none":{"@count": 0, "@min": 0, "@max": 0, "@sum": 0, "@avg": 0}
},
"probe_list": [
{"index": 0, "state": "on", "hits": 5, "min": 1, "avg": 2, "max": 3, "name": "timer.s(1)"},
{"index": 1, "state": "off", "hits": 5, "min": 1, "avg": 2, "max": 3, "name": "procfs(\"a\").read"}
]
}
`);
});

test('nothing at all is valid JSON too', () => {
  expect(JSON.parse(statusJson(status([])))).toMatchObject({ globals: {}, probe_list: [] });
});

test('an array that is too long is told instead of shown, and so is what comes when all is too long', () => {
  const elements = Array.from({ length: 50 }, (_, key) => ({ keys: [key], value: 1 }));
  const limits = { array: 300, globals: 700 };
  const arrays = (count: number, names: string): GlobalView[] =>
    names.split(' ').map((name) => global(name, { elements: elements.slice(0, count) }));
  const shown = JSON.parse(statusJson(status([...arrays(50, 'a'), ...arrays(25, 'b c d e')]), limits)) as {
    globals: Record<string, unknown>;
  };
  const overflow = '(MAXSTRINGLEN exceeded)';
  expect(shown.globals).toMatchObject({ a: overflow, b: { '(0)': 1 }, c: { '(24)': 1 }, e: overflow });
});

test('private globals of the same name are told apart', () => {
  const twice = status([global('x', { value: 1 }), global('x', { value: 2 })]);
  expect(JSON.parse(statusJson(twice))).toMatchObject({ globals: { x: 1, __global_x: 2 } });
});

test('every byte string comes out of JSON.parse as it was meant', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((data) => String.fromCharCode(...data)),
    fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text, 'utf8').toString('latin1')),
  );
  fc.assert(
    fc.property(bytes, bytes, bytes, (key, value, name) => {
      const text = statusJson(
        status([global('s', { value }), global('a', { elements: [{ keys: [key, 1], value }] })], [name]),
      );
      expect(text).toMatch(/^[\x00-\xff]*$/);
      const parsed = JSON.parse(
        new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1')),
      ) as { globals: { s: string; a: Record<string, string> }; probe_list: { name: string }[] };
      expect(parsed.globals.s).toBe(textOfBytes(value));
      expect(parsed.probe_list[0]?.name).toBe(textOfBytes(name));
      const [keys, content] = Object.entries(parsed.globals.a)[0] ?? ['', ''];
      expect(JSON.parse(`[${keys.slice(1, -1)}]`)).toEqual([textOfBytes(key), 1]);
      expect(content).toBe(textOfBytes(value));
    }),
    { numRuns: 1000 },
  );
});
