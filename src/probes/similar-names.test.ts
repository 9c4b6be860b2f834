import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameDistance, similarNames } from './similar-names.ts';

/** What SystemTap answers for a misspelled alias of these names. */
const MEASURED: readonly (readonly [name: string, candidates: string, similar: string])[] = [
  ['foo', 'nfs nfsd vfs vm _nfs end', 'nfs, nfsd, vfs, vm, _nfs'],
  ['b', 'a vm end ipmib nfs', 'a, vm, end, ipmib, nfs'],
  ['efahd', 'ecgc acbfhd c bdad hccaa', 'acbfhd, bdad, c, ecgc, hccaa'],
  ['bb', 'bc bdcacd c cc', 'bc, c, cc, bdcacd'],
  ['afb', 'afg g feh fchhca gah', 'afg, g, feh, gah, fchhca'],
  ['b', 'ada babdc ccdac cc', 'cc, ada, babdc, ccdac'],
  ['befecb', 'cehcab fdcc gbcgfc gadfe gcaa', 'fdcc, cehcab, gadfe, gbcgfc, gcaa'],
  ['d', 'bdb bdcba ddb ddcdc', 'bdb, ddb, ddcdc, bdcba'],
  ['efbf', 'efcahe chf ehe aefehe ffefg', 'chf, ehe, ffefg, aefehe, efcahe'],
  ['bbb', 'bd dbdcca dca bbbad ba', 'ba, bd, bbbad, dca, dbdcca'],
  ['bf', 'egbf bddfaf e aghfg hd', 'egbf, e, hd, aghfg, bddfaf'],
  ['c', 'ada ddbba cdbb cccbd bcd', 'bcd, ada, cdbb, cccbd, ddbba'],
  ['gdhe', 'hec acg ehegaf ggce abhd', 'ggce, hec, abhd, acg, ehegaf'],
  ['d', 'cbcc cbdab daab adccba ccc', 'ccc, cbcc, daab, cbdab, adccba'],
];

describe('similarNames', () => {
  test.each(MEASURED)('%s among %s', (name, candidates, similar) => {
    expect(similarNames(name, candidates.split(' '))).toBe(similar);
  });

  test('shows five names at most, each once', () => {
    expect(similarNames('x', ['a', 'b', 'a', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d, e');
    expect(similarNames('x', [])).toBe('');
  });
});

describe('nameDistance', () => {
  const word = fc.string({ maxLength: 8 });

  test('is 0 for equal names only, and the same both ways', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(nameDistance(a, b) === 0).toBe(a === b);
        expect(nameDistance(a, b)).toBe(nameDistance(b, a));
      }),
    );
  });
});
