import { visitStatement } from '../ast/walk.ts';
import type { Expression } from '../ast/expression.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { parseRegex, regexErrorText } from '../module/regex-syntax.ts';
import { forEachScriptFunction, type Draft } from './draft.ts';
import { semanticError } from './messages.ts';

/** Reports patterns of `=~` and `!~` that are not regular expressions. */
export function checkRegexes(draft: Draft, sink: DiagnosticSink): void {
  const visitor = {
    expression: (expression: Expression): boolean => {
      if (expression.kind === 'regex') {
        const { pattern } = expression;
        const syntax = parseRegex(pattern.value);
        if (!syntax.ok) sink.report(semanticError('regex-syntax', regexErrorText(syntax), pattern.token));
      }
      return true;
    },
  };
  forEachScriptFunction(draft, (_, body) => visitStatement(body.block, visitor));
  for (const probe of draft.probes) visitStatement(probe.body, visitor);
}
