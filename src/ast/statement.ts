import type { Token } from '../source/token.ts';
import type { Expression, Histogram, StatisticFunction, Variable, Wildcard } from './expression.ts';

export interface Block {
  readonly kind: 'block';
  readonly statements: readonly Statement[];
  readonly token: Token;
}

/** A lone `;` */
export interface NullStatement {
  readonly kind: 'null';
  readonly token: Token;
}

export interface ExpressionStatement {
  readonly kind: 'expression-statement';
  readonly expression: Expression;
  readonly token: Token;
}

export interface If {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly consequent: Statement;
  readonly alternate?: Statement;
  readonly token: Token;
}

/** `for` and `while`; a missing condition is the literal 1. */
export interface For {
  readonly kind: 'for';
  readonly keyword: 'for' | 'while';
  readonly init?: ExpressionStatement;
  readonly condition: Expression;
  readonly update?: ExpressionStatement;
  readonly body: Statement;
  readonly token: Token;
}

/** Where a foreach sorts: by a key position (0-based), or by the value (`aggregate` for statistics). */
export interface Sort {
  readonly by: number | 'value';
  readonly ascending: boolean;
  /** Present only when written (`@sum+`). */
  readonly aggregate?: StatisticFunction;
}

export interface Foreach {
  readonly kind: 'foreach';
  readonly keys: readonly Variable[];
  readonly value?: Variable;
  readonly base: Variable | Histogram;
  /** Slice filter after the array name. */
  readonly slice?: readonly (Expression | Wildcard)[];
  readonly sort?: Sort;
  readonly limit?: Expression;
  readonly body: Statement;
  readonly token: Token;
}

export interface Try {
  readonly kind: 'try';
  readonly body: Block;
  readonly error?: Variable;
  readonly handler: Block;
  readonly token: Token;
}

export interface Return {
  readonly kind: 'return';
  readonly value?: Expression;
  readonly token: Token;
}

/** The operand is any expression here; what may be deleted is checked later. Slices keep wildcards. */
export interface Delete {
  readonly kind: 'delete';
  readonly operand: Expression;
  readonly token: Token;
}

export interface Jump {
  readonly kind: 'next' | 'break' | 'continue';
  readonly token: Token;
}

export type Statement =
  Block | NullStatement | ExpressionStatement | If | For | Foreach | Try | Return | Delete | Jump;
