import type { Expression } from '../ast/expression.ts';
import { rewriteBlock } from '../ast/walk.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { forEachScriptFunction, rewriteProbes, type Draft } from './draft.ts';
import { warning } from './messages.ts';

/** `--skip-badvars`: context variables that nothing could place become 0, each with a warning. */
export function replaceBadVariables(draft: Draft, sink: DiagnosticSink): void {
  const expression = (node: Expression): Expression => {
    if (node.kind !== 'target' && node.kind !== 'atvar') return node;
    const message = 'Bad $context variable being substituted with literal 0';
    sink.report(warning('bad-context-variable', message, node.token));
    return { kind: 'number', value: 0, token: node.token };
  };
  rewriteProbes(draft, (body) => rewriteBlock(body, { expression }));
  forEachScriptFunction(draft, (symbol, body) => {
    symbol.body = { kind: 'script', block: rewriteBlock(body.block, { expression }) };
  });
}
