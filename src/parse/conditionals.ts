import type { Token } from '../source/token.ts';
import { evaluateTest, type ConditionContext } from './condition-test.ts';
import type { MacroExpander } from './macro-expander.ts';
import { failureAt } from './parse-failure.ts';

/** An open `%(`; `elseSeen` once its `%:` has passed. */
interface OpenConditional {
  readonly token: Token;
  elseSeen: boolean;
}

/** Takes conditional compilation, `%( test %? tokens %: tokens %)`, out of the token stream. */
export class Conditionals {
  private readonly expander: MacroExpander;
  private readonly context: ConditionContext;
  private readonly open: OpenConditional[] = [];

  constructor(expander: MacroExpander, context: ConditionContext) {
    this.expander = expander;
    this.context = context;
  }

  /** The next token that is in force; undefined at the end. Junk comes through as it is. */
  next(): Token | undefined {
    for (;;) {
      const token = this.expander.next();
      if (token === undefined) {
        const unclosed = this.open.pop();
        if (unclosed !== undefined) throw failureAt(unclosed.token, 'conditional-unclosed');
        return undefined;
      }
      if (token.kind !== 'operator' || token.text.length !== 2 || !token.text.startsWith('%')) return token;
      if (!this.handle(token)) return token;
    }
  }

  /** Acts on a preprocessor token; false when it is none. */
  private handle(token: Token): boolean {
    const innermost = this.open.at(-1);
    switch (token.text) {
      case '%(':
        this.openConditional(token);
        return true;
      case '%?':
        throw failureAt(token, 'conditional-unopened-then');
      case '%:':
        if (innermost === undefined) throw failureAt(token, 'conditional-unopened-else');
        if (innermost.elseSeen) throw failureAt(token, 'conditional-duplicate-else');
        innermost.elseSeen = true;
        this.skip(innermost);
        return true;
      case '%)':
        if (innermost === undefined) throw failureAt(token, 'conditional-unopened-end');
        this.open.pop();
        return true;
      default:
        return false;
    }
  }

  private openConditional(token: Token): void {
    const holds = this.evaluate(token);
    const conditional = { token, elseSeen: false };
    this.open.push(conditional);
    if (!holds) this.skip(conditional);
  }

  /** The value of `test { && test } { || … }` up to and including `%?`; every test is evaluated. */
  private evaluate(opening: Token): boolean {
    let anyGroup = false;
    let group = true;
    for (;;) {
      const [left, operator, right] = [this.expander.next(), this.expander.next(), this.expander.next()];
      if (left === undefined || operator === undefined || right === undefined)
        throw failureAt(opening, 'condition-incomplete');
      if (!evaluateTest(left, operator, right, this.context)) group = false;
      const next = this.expander.next();
      if (next?.kind === 'operator' && next.text === '&&') continue;
      anyGroup ||= group;
      group = true;
      if (next?.kind === 'operator' && next.text === '||') continue;
      if (next?.kind === 'operator' && next.text === '%?') return anyGroup;
      throw failureAt(opening, 'condition-expected-marker');
    }
  }

  /** Passes over a branch not taken: up to its `%:` when that comes first, else over its `%)`. */
  private skip(conditional: OpenConditional): void {
    for (let depth = 0; ;) {
      const token = this.expander.nextUnexpanded();
      if (token === undefined) {
        this.open.pop();
        throw failureAt(conditional.token, 'conditional-unclosed');
      }
      if (token.kind !== 'operator') continue;
      if (token.text === '%(') depth++;
      else if (token.text === '%)') {
        if (depth-- > 0) continue;
        this.open.pop();
        return;
      } else if (token.text === '%:' && depth === 0) {
        if (conditional.elseSeen) throw failureAt(token, 'conditional-duplicate-else');
        conditional.elseSeen = true;
        return;
      }
    }
  }
}
