import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDescription } from './parse-description.ts';
import { RecordedControl } from './testing/recorded-control.ts';

test('a description comes back without its entry', () => {
  const control = new RecordedControl();
  control.globalsAnswer = [
    { name: 'x', type: 'long', keyTypes: [], value: 5 },
    {
      ...{ name: 'n', type: 'stats', keyTypes: ['string'], keyNames: ['execname'], documentation: 'Text' },
      ...{ size: 0, elements: [], onlyGrows: true },
      histogram: { kind: 'linear', low: -(2n ** 63n), high: 10, width: 5 },
    },
    { name: 'a', type: 'string', keyTypes: ['long'], size: 1, elements: [{ keys: [1], value: 'v' }] },
  ];
  const { entry, ...rest } = control.describe();
  expect(parseDescription({ ok: true, module: { entry, ...rest } })).toEqual(rest);
});

test('whatever a module answers, its parts have the types they claim', () => {
  const whole = new RecordedControl().describe();
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(whole)), fc.jsonValue(), (field, value) => {
      const parsed = parseDescription({ ok: true, module: { ...whole, [field]: value } });
      if (parsed === undefined) return field === 'version';
      return (
        parsed.memoryBytes >= 0 &&
        parsed.options.every((option) => typeof option === 'string') &&
        parsed.probes.every(({ point, hits }) => typeof point === 'string' && hits >= 0) &&
        parsed.globals.every(({ name }) => typeof name === 'string')
      );
    }),
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const parsed = parseDescription({ ok: true, module: value });
      return parsed === undefined || typeof parsed.version === 'string';
    }),
  );
});
