import type { ProbeDeclaration } from '../ast/declaration.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Token, TokenKind } from '../source/token.ts';

/** `probe timer.ms(N) { exit() }`, what `-T` adds to the script. */
export function timeoutProbe(timeoutMs: number): ProbeDeclaration {
  const text = `probe timer.ms(${timeoutMs}) {exit()}`;
  const file: SourceFile = { name: '<timeout>', text, origin: 'library' };
  const token = (kind: TokenKind, word: string): Token => ({
    kind,
    text: word,
    file,
    line: 1,
    column: text.indexOf(word) + 1,
    spaceBefore: false,
  });
  const exit = token('identifier', 'exit');
  const timer = token('identifier', 'timer');
  const keyword = token('keyword', 'probe');
  return {
    kind: 'probe',
    points: [
      {
        components: [
          { name: 'timer', token: timer },
          {
            name: 'ms',
            argument: { kind: 'number', value: timeoutMs, token: token('number', String(timeoutMs)) },
            token: token('identifier', 'ms'),
          },
        ],
        optional: false,
        sufficient: false,
        token: timer,
      },
    ],
    body: {
      kind: 'block',
      statements: [
        {
          kind: 'expression-statement',
          expression: {
            kind: 'call',
            callee: { kind: 'callee', name: 'exit', token: exit },
            args: [],
            token: exit,
          },
          token: exit,
        },
      ],
      token: token('operator', '{'),
    },
    token: keyword,
  };
}
