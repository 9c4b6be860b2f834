import { visitStatement } from '../ast/walk.ts';
import type { Expression } from '../ast/expression.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { parseRegex, regexErrorText } from '../module/regex-syntax.ts';
import { bodiesOfProbes, forEachScriptFunction, type Draft } from './draft.ts';
import { semanticError } from './messages.ts';

/** Reports patterns of `=~` and `!~` that are not regular expressions. */
export function checkRegexes(draft: Draft, sink: DiagnosticSink): void {
  const visitor = {
    expression: (expression: Expression): boolean => {
      if (expression.kind === 'regex') {
        const { pattern } = expression;
        const syntax = parseRegex(pattern.value);
        if (!syntax.ok) {
          const position =
            syntax.position === undefined ? undefined : spelledPosition(pattern.raw, syntax.position);
          const message = regexErrorText({ ...syntax, position });
          sink.report(semanticError('regex-syntax', message, pattern.token));
        }
      }
      return true;
    },
  };
  forEachScriptFunction(draft, (_, body) => visitStatement(body.block, visitor));
  for (const { body } of bodiesOfProbes(draft)) visitStatement(body, visitor);
}

/** Where the first `count` characters of a literal end in its spelling, in which an escape is longer. */
function spelledPosition(raw: string, count: number): number {
  const escape = /\\(?:[0-7]{1,3}|x[0-9a-fA-F]+|[^])|[^]/y;
  for (let index = 0; index < count && escape.test(raw); index++);
  return escape.lastIndex;
}
