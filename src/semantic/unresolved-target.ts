import type { Expression } from '../ast/expression.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { semanticError } from './messages.ts';

/** What is said about a context expression that no probe family replaced and none gave a reason for. */
export function unresolvedTarget(expression: Expression): Diagnostic {
  const { token } = expression;
  switch (expression.kind) {
    case 'atvar':
      return semanticError('unresolved-atvar', 'unresolved @var() expression', token);
    case 'autocast':
      return semanticError('unknown-dereference', 'unknown type in dereference', token);
    case 'cast': {
      const message = `type definition '${expression.type.value}' not found in '${expression.module?.value ?? ''}'`;
      return semanticError('type-definition-not-found', message, token);
    }
    default:
      return semanticError('unresolved-target', 'unresolved target-symbol expression', token);
  }
}
