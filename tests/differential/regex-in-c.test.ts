import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadRegexCompiler } from '../../src/runtime/regex.ts';
import { makeScratchFolder, removeScratchFolder } from '../harness/scratch-folder.ts';
import { hasCompiler, runCProgram } from './c-program.ts';
import { ALPHABET, regexText, regexes, repeatsGroup, waysToMatch, type Regex } from './generated-regex.ts';

/** For each line `PATTERN TAB TEXT` the groups as `[group][group]…`, or `no match`. */
const SOURCE = `#include <regex.h>
#include <stdio.h>
#include <string.h>
int main(void) {
  static char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\\n")] = 0;
    char *text = strchr(line, '\\t');
    *text++ = 0;
    regex_t regex;
    regmatch_t groups[40];
    if (regcomp(&regex, line, REG_EXTENDED)) { puts("no regex"); continue; }
    if (regexec(&regex, text, 40, groups, 0)) puts("no match");
    else {
      for (size_t i = 0; i <= regex.re_nsub && i < 40; i++)
        printf("[%.*s]", (int)(groups[i].rm_eo - groups[i].rm_so), groups[i].rm_so < 0 ? "" : text + groups[i].rm_so);
      putchar('\\n');
    }
    regfree(&regex);
  }
  return 0;
}
`;

interface Case {
  readonly regex: Regex;
  readonly start: string;
  readonly end: string;
  readonly text: string;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    regex: regexes,
    start: fc.constantFrom('', '', '^'),
    end: fc.constantFrom('', '', '$'),
    text: fc.array(fc.constantFrom(...ALPHABET.split('')), { maxLength: 12 }).map((chars) => chars.join('')),
  })
  .filter(({ regex }) => regexText(regex).length < 60 && regexText(regex).split('(').length < 30);

/** `^` and `$` bind closer than `|`. */
function patternOf({ regex, start, end }: Case): string {
  const text = regexText(regex);
  return regex.kind === 'choice' && start + end !== '' ? `${start}(${text})${end}` : start + text + end;
}

let folder = '';
beforeAll(() => {
  folder = makeScratchFolder('regex');
});
afterAll(() => removeScratchFolder(folder));

it.skipIf(!hasCompiler())(
  'matches are leftmost and longest as in regexec(3), groups too where there is no choice',
  async () => {
    const compile = await loadRegexCompiler();
    const all = fc.sample(cases, { numRuns: 6000, seed: 5 });
    const input = all.map((one) => `${patternOf(one)}\t${one.text}\n`).join('');
    const expected = runCProgram(folder, SOURCE, input).split('\n');
    let comparedGroups = 0;
    let matches = 0;
    const wrong = all.flatMap((one, index) => {
      const pattern = patternOf(one);
      const compiled = compile(pattern);
      if (!compiled.ok) return [`${pattern}: ${compiled.message}`];
      const groups = compiled.match(one.text);
      if (groups !== undefined) matches++;
      const unambiguous =
        groups !== undefined && waysToMatch(one.regex, groups[0] ?? '') === 1 && !repeatsGroup(one.regex);
      if (unambiguous) comparedGroups++;
      const actual = groups?.map((group) => `[${group}]`) ?? ['no match'];
      const reference = (expected[index] ?? '').split(/(?<=\])(?=\[)/);
      const same = unambiguous ? actual.join('') === reference.join('') : actual[0] === reference[0];
      return same ? [] : [`${pattern} on '${one.text}': ${actual.join('')}, in C ${expected[index] ?? ''}`];
    });
    expect(wrong).toEqual([]);
    expect(expected).toHaveLength(all.length + 1);
    expect(matches).toBeGreaterThan(1500);
    expect(comparedGroups).toBeGreaterThan(500);
  },
);
