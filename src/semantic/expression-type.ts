import type { Expression } from '../ast/expression.ts';
import type { Bindings, ValueType } from './program.ts';

/**
 * The type an expression has by what is known of its symbols; `unknown` while inference has not told and for
 * context variables that nothing replaced. A void call is `unknown` for good.
 */
export function typeOf(expression: Expression, bindings: Bindings): ValueType {
  switch (expression.kind) {
    case 'variable':
      return bindings.variable(expression).type;
    case 'index':
      return expression.base.kind === 'variable' ? bindings.variable(expression.base).type : 'long';
    case 'call':
      return bindings.functions(expression.callee)[0]?.returnType ?? 'unknown';
    case 'conditional': {
      const type = typeOf(expression.consequent, bindings);
      return type === 'unknown' ? typeOf(expression.alternate, bindings) : type;
    }
    case 'assignment': {
      if (expression.operator === '.=') return 'string';
      if (expression.operator !== '=') return 'long';
      const type = typeOf(expression.target, bindings);
      return type === 'unknown' ? typeOf(expression.value, bindings) : type;
    }
    case 'entry':
      return typeOf(expression.operand, bindings);
    case 'string':
    case 'concatenation':
    case 'enumname':
      return 'string';
    case 'print':
      return expression.toString ? 'string' : 'long';
    case 'target':
    case 'atvar':
    case 'cast':
    case 'autocast':
    case 'histogram':
      return 'unknown';
    case 'number':
    case 'embedded':
    case 'unary':
    case 'update':
    case 'binary':
    case 'comparison':
    case 'regex':
    case 'logical':
    case 'membership':
    case 'statistic':
    case 'defined':
    case 'probewrite':
    case 'perf':
    case 'const':
    case 'enum':
    case 'register':
    case 'dereference':
      return 'long';
  }
}
