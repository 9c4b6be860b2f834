import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_FUNCTIONS } from '../../module/event-functions.ts';
import { intrinsics } from './table.ts';

const folder = new URL('../../../tapset/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => /\.stpm?$/.test(name))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'latin1') }));

describe('the script library', () => {
  it('names functions of the run time that exist, and all of them', () => {
    const named = files.flatMap(({ text }) =>
      [...text.matchAll(/\bintrinsic\s+(\w+)\s*%\}/g)].map((match) => match[1] ?? ''),
    );
    expect(named.filter((name) => !intrinsics.has(name))).toEqual([]);
    // Those of $value and of events are named by probe families instead.
    const ofEvents: readonly string[] = EVENT_FUNCTIONS;
    const unnamed = [...intrinsics.keys()].filter(
      (name) => !named.includes(name) && !ofEvents.includes(name),
    );
    expect(unnamed.filter((name) => !/^procfs_value_/.test(name))).toEqual([]);
  });

  it('tells about every public function and macro right above it', () => {
    const undocumented = files.flatMap(({ name, text }) =>
      [...text.matchAll(/^(?:function|@define) (\w+)/gm)]
        .filter((match) => !(match[1] ?? '').startsWith('_'))
        .filter((match) => !text.slice(0, match.index).endsWith(' */\n'))
        .map((match) => `${name}: ${match[1] ?? ''}`),
    );
    expect(undocumented).toEqual([]);
  });
});
