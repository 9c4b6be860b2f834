import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PARSE_MESSAGES } from '../parse/messages.ts';
import { UNSUPPORTED_FAMILY } from '../probes/pattern-tree.ts';

/** Folders whose modules make diagnostics about scripts. */
const FOLDERS = ['semantic', 'probes', 'tapset', 'translate', 'session/compile'];
const MAKERS = [
  'semanticError',
  'translationError',
  'warning',
  'warn',
  'failure',
  'pointError',
  'pointDiagnostic',
];
const CALL = new RegExp(
  `(?:(?:#report|\\b(?:${MAKERS.join('|')}))\\(\\s*|\\brefusal\\(\\s*|\\bcode:\\s*)'([a-z0-9]+(?:-[a-z0-9]+)+)'`,
  'g',
);

function codesInSources(): Set<string> {
  const codes = new Set<string>([...Object.keys(PARSE_MESSAGES), UNSUPPORTED_FAMILY]);
  for (const folder of FOLDERS) {
    for (const name of readdirSync(`src/${folder}`, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.includes('.test.')) continue;
      const text = readFileSync(`src/${folder}/${name}`, 'latin1');
      for (const [, code] of text.matchAll(CALL)) if (code !== undefined) codes.add(code);
    }
  }
  return codes;
}

test('docs/diagnostics.md lists the codes of all messages', () => {
  const whole = readFileSync('docs/diagnostics.md', 'utf8');
  const text = whole.slice(whole.indexOf('## Pass 1'));
  const listed = [...text.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code]) => code);
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed.sort()).toEqual([...codesInSources()].sort());
});
