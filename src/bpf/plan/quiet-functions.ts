import type { Call, Expression } from '../../ast/expression.ts';
import type { Statement } from '../../ast/statement.ts';
import { childExpressions } from '../../ast/walk.ts';
import type { Bindings, FunctionSymbol } from '../../semantic/program.ts';

/** Intrinsics without effect that never end in an error, of those that the library calls for its variables of events. */
const QUIET_INTRINSICS: ReadonlySet<string> = new Set([
  'cpu',
  'errno_str',
  'event_word',
  'execname',
  'flag_names',
  'gettimeofday_ns',
  'gettimeofday_us',
  'max_string_length',
  'pid',
  'signal_name',
  'strlen',
  'substr',
  'target',
  'text_str',
  'text_strn',
  'tid',
  'uid',
]);

/**
 * Which functions of the script and library have no effect, and end in no error that leaves them: their calls may be
 * left out where nobody needs the value.
 */
export class QuietFunctions {
  readonly #bindings: Bindings;
  readonly #known = new Map<FunctionSymbol, boolean>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  /**
   * Whether the functions that a call may end up in are quiet; its arguments are not looked at. The library's own calls,
   * with which it prepares variables, may fail as well: nobody wants to hear of that for an event he ignores.
   */
  areQuiet({ callee }: Call): boolean {
    return this.#call(this.#bindings.functions(callee), callee.token.file.origin === 'library');
  }

  #isQuiet(symbol: FunctionSymbol): boolean {
    const known = this.#known.get(symbol);
    if (known !== undefined) return known;
    // One that calls itself may do so for ever.
    this.#known.set(symbol, false);
    const { body } = symbol;
    const isQuiet =
      body.kind === 'script' ? this.#statement(body.block, false) : this.#intrinsic(symbol, false);
    this.#known.set(symbol, isQuiet);
    return isQuiet;
  }

  #intrinsic({ body, pure }: FunctionSymbol, mayFail: boolean): boolean {
    return body.kind === 'intrinsic' && pure && (mayFail || QUIET_INTRINSICS.has(body.name));
  }

  #statement(statement: Statement, mayFail: boolean): boolean {
    switch (statement.kind) {
      case 'null':
        return true;
      case 'block':
        return statement.statements.every((one) => this.#statement(one, mayFail));
      case 'expression-statement':
        return this.#expression(statement.expression, mayFail);
      case 'if':
        return (
          this.#expression(statement.condition, mayFail) &&
          this.#statement(statement.consequent, mayFail) &&
          (statement.alternate === undefined || this.#statement(statement.alternate, mayFail))
        );
      case 'return':
        return statement.value === undefined || this.#expression(statement.value, mayFail);
      case 'try':
        return this.#statement(statement.body, true) && this.#statement(statement.handler, mayFail);
      default:
        return false;
    }
  }

  #expression(expression: Expression, mayFail: boolean): boolean {
    if (expression.kind === 'assignment') {
      if (expression.target.kind !== 'variable') return false;
      if (this.#bindings.variable(expression.target).scope === 'global') return false;
      if (expression.operator !== '=' && expression.operator !== '.=') return false;
      return this.#expression(expression.value, mayFail);
    }
    const isQuiet =
      expression.kind === 'call'
        ? this.#call(this.#bindings.functions(expression.callee), mayFail)
        : isQuietOperator(expression, mayFail);
    return isQuiet && childExpressions(expression).every((child) => this.#expression(child, mayFail));
  }

  #call(functions: readonly FunctionSymbol[], mayFail: boolean): boolean {
    if (!mayFail) return functions.every((symbol) => this.#isQuiet(symbol));
    return functions.every((symbol) =>
      symbol.body.kind === 'script'
        ? this.#statement(symbol.body.block, true)
        : this.#intrinsic(symbol, true),
    );
  }
}

/** Whether an expression that is no call has no effect, and no error unless it may have one; its operands aside. */
export function isQuietOperator(expression: Expression, mayFail: boolean): boolean {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'variable':
    case 'unary':
    case 'comparison':
    case 'logical':
    case 'conditional':
    case 'concatenation':
      return true;
    case 'binary':
      return mayFail || (expression.operator !== '/' && expression.operator !== '%');
    case 'print':
      return expression.toString;
    default:
      return false;
  }
}
