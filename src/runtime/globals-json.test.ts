import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runScript } from '../../tests/harness/run-script.ts';
import { globalsJson } from './globals-json.ts';

const TIME = new Date('2026-11-23T12:00:00.000Z');

interface Told {
  readonly module: string;
  readonly time: string;
  readonly globals: readonly {
    readonly name: string;
    readonly elements?: readonly unknown[];
    readonly size?: number;
  }[];
}

async function toldBy(script: string, maxBytes?: number): Promise<Told> {
  const { engine } = await runScript(script);
  const text = globalsJson('demo', TIME, engine.globals(), maxBytes);
  return JSON.parse(Buffer.from(text, 'latin1').toString()) as Told;
}

it('tells names, types, facts and contents', async () => {
  const told = await toldBy(`
    // How often.
    global calls = 4
    global names, sizes, empty
    private mine = "\\303\\244\\377"
    probe begin {
      calls++ names["a", 1] = "x" sizes <<< -3 sizes <<< 9 println(mine, names["a", 1], @count(empty))
      print(@hist_linear(sizes, 0, 10, 5))
    }`);
  expect(told).toEqual({
    module: 'demo',
    time: '2026-11-23T12:00:00.000Z',
    globals: [
      { name: 'calls', type: 'long', documentation: 'How often.', onlyGrows: true, value: 5 },
      {
        name: 'names',
        type: 'string',
        keyTypes: ['string', 'long'],
        keyNames: ['key1', 'key2'],
        size: 1,
        elements: [{ keys: ['a', 1], value: 'x' }],
      },
      {
        name: 'sizes',
        type: 'stats',
        value: {
          ...{ count: 2, sum: 6, min: -3, max: 9, avg: 3 },
          histogram: {
            kind: 'linear',
            buckets: [
              { high: -1, count: 1 },
              { low: 0, high: 4, count: 0 },
              { low: 5, high: 9, count: 1 },
            ],
          },
        },
      },
      { name: 'mine', type: 'string', hidden: true, value: '\u00e4\ufffd' },
      { name: 'empty', type: 'stats', value: { count: 0 } },
    ],
  });
});

it('integers have all their digits', async () => {
  const { engine } = await runScript('global big = -9223372036854775807 probe begin { println(big--) }');
  expect(globalsJson('demo', TIME, engine.globals())).toContain('"value":-9223372036854775808}');
});

it('leaves out what is beyond the limit', async () => {
  const script = 'global a, b, c probe begin { for (i = 0; i < 100; i++) { a[i] = i b[i] = i } c = 1 }';
  const [a, b, c] = (await toldBy(script, 1000)).globals;
  expect([a?.size, b?.size]).toEqual([100, 100]);
  expect(a?.elements?.length).toBeGreaterThan(20);
  expect(a?.elements?.length).toBeLessThan(100);
  expect(b?.elements?.length).toBeLessThan(3);
  expect(c).toMatchObject({ value: 1 });
});

it('is JSON whatever the strings hold', async () => {
  const { engine } = await runScript('global texts probe begin { texts["x"] = "y" }');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = String.fromCharCode(...bytes).replaceAll('\0', '');
      engine.setGlobal('texts', ['x'], text);
      const told = JSON.parse(
        Buffer.from(globalsJson('demo', TIME, engine.globals()), 'latin1').toString(),
      ) as {
        readonly globals: readonly [{ readonly elements: readonly [{ readonly value: string }] }];
      };
      const squeezed = (value: string): string => value.replace(/\ufffd+/g, '\ufffd');
      const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(text, 'latin1'));
      expect(squeezed(told.globals[0].elements[0].value)).toBe(squeezed(decoded));
    }),
  );
});
