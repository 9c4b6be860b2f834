import type { Assignment } from '../ast/expression.ts';
import { DiagnosticError } from '../diagnostic/diagnostic.ts';
import { semanticError } from './messages.ts';

/** Throws DiagnosticError when the left side of an assignment is nothing that can be stored to. */
export function requireLvalue({ target, token }: Assignment): void {
  switch (target.kind) {
    case 'variable':
    case 'target':
    case 'atvar':
    case 'cast':
    case 'autocast':
    case 'dereference':
    case 'register':
      return;
    case 'index':
      if (target.base.kind === 'variable') return;
      break;
    default:
  }
  const advice = target.kind === 'concatenation' ? ', try -> instead' : '';
  const diagnostic = semanticError('not-an-lvalue', `Expecting lvalue for assignment${advice}`, token);
  throw new DiagnosticError({ ...diagnostic, token2: target.token });
}
