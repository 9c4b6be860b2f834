import type { Int64 } from '../int64/int64.ts';
import type { FormatPart } from '../module/format.ts';
import type { Token } from '../source/token.ts';

/*
 * Expressions as parsed. Nodes are never changed; passes that rewrite build new nodes but keep leaf nodes
 * (`Variable`, `Callee`), which are the keys of the symbol table. `token` is where messages point:
 * the operator for operators, the name for names.
 */

export interface NumberLiteral {
  readonly kind: 'number';
  readonly value: Int64;
  readonly token: Token;
}

/** `value` has escapes decoded (one unit per byte); `token.text` keeps the spelling for printing. */
export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  /** Spelling between the quotes, adjacent literals joined, escapes not decoded. */
  readonly raw: string;
  readonly token: Token;
}

/** `%{ … %}` used as an expression. */
export interface EmbeddedExpression {
  readonly kind: 'embedded';
  readonly code: string;
  readonly token: Token;
}

/** A bare name: local, parameter or global; which one the symbol table says. A leaf with identity. */
export interface Variable {
  readonly kind: 'variable';
  readonly name: string;
  readonly token: Token;
}

/** `*` as an index. */
export interface Wildcard {
  readonly kind: 'wildcard';
  readonly token: Token;
}

/** `arr[k, …]` or `@hist_log(x)[i]`. */
export interface Index {
  readonly kind: 'index';
  readonly base: Variable | Histogram;
  readonly keys: readonly (Expression | Wildcard)[];
  readonly token: Token;
}

/** The called name. A leaf with identity: the symbol table maps it to the candidate functions. */
export interface Callee {
  readonly kind: 'callee';
  readonly name: string;
  readonly token: Token;
}

export interface Call {
  readonly kind: 'call';
  readonly callee: Callee;
  readonly args: readonly Expression[];
  readonly token: Token;
}

export interface Unary {
  readonly kind: 'unary';
  readonly operator: '+' | '-' | '!' | '~';
  readonly operand: Expression;
  readonly token: Token;
}

export interface Update {
  readonly kind: 'update';
  readonly operator: '++' | '--';
  readonly prefix: boolean;
  readonly operand: Expression;
  readonly token: Token;
}

export type ArithmeticOperator = '*' | '/' | '%' | '+' | '-' | '<<' | '>>' | '>>>' | '&' | '^' | '|';

export interface Binary {
  readonly kind: 'binary';
  readonly operator: ArithmeticOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly token: Token;
}

export interface Concatenation {
  readonly kind: 'concatenation';
  readonly left: Expression;
  readonly right: Expression;
  readonly token: Token;
}

export interface Comparison {
  readonly kind: 'comparison';
  readonly operator: '==' | '!=' | '<' | '>' | '<=' | '>=';
  readonly left: Expression;
  readonly right: Expression;
  readonly token: Token;
}

export interface RegexQuery {
  readonly kind: 'regex';
  readonly operator: '=~' | '!~';
  readonly left: Expression;
  readonly pattern: StringLiteral;
  readonly token: Token;
}

export interface Logical {
  readonly kind: 'logical';
  readonly operator: '&&' | '||';
  readonly left: Expression;
  readonly right: Expression;
  readonly token: Token;
}

/** `[k, …] in arr` */
export interface Membership {
  readonly kind: 'membership';
  readonly keys: readonly (Expression | Wildcard)[];
  readonly array: Variable;
  readonly token: Token;
}

export interface Conditional {
  readonly kind: 'conditional';
  readonly condition: Expression;
  readonly consequent: Expression;
  readonly alternate: Expression;
  readonly token: Token;
}

export type AssignmentOperator =
  '=' | '<<<' | '+=' | '-=' | '*=' | '/=' | '%=' | '<<=' | '>>=' | '&=' | '^=' | '|=' | '.=';

export interface Assignment {
  readonly kind: 'assignment';
  readonly operator: AssignmentOperator;
  readonly target: Expression;
  readonly value: Expression;
  readonly token: Token;
}

export type StatisticFunction = 'count' | 'sum' | 'min' | 'max' | 'avg' | 'variance';

/** `@count(x)` … `@variance(x, shift)` */
export interface Statistic {
  readonly kind: 'statistic';
  readonly function: StatisticFunction;
  readonly operand: Expression;
  /** Bit shift of `@variance`; 0 when absent. */
  readonly shift: Int64;
  readonly token: Token;
}

/** `@hist_log(x)` or `@hist_linear(x, low, high, width)` */
export interface Histogram {
  readonly kind: 'histogram';
  readonly function: 'log' | 'linear';
  readonly operand: Expression;
  readonly low: Int64;
  readonly high: Int64;
  readonly width: Int64;
  readonly token: Token;
}

/** The print family. `function` is the spelling: print, println, printf, printd, printdln, print_char, sprint… */
export interface Print {
  readonly kind: 'print';
  readonly function: string;
  /** true: the text is the value (sprint…); false: it goes to the output stream. */
  readonly toString: boolean;
  readonly newline: boolean;
  /** Delimiter of printd/printdln. */
  readonly delimiter?: StringLiteral;
  /** Format of printf/sprintf. */
  readonly format?: StringLiteral;
  readonly parts?: readonly FormatPart[];
  /** A histogram is allowed as the only argument of print/println/sprint/sprintln. */
  readonly args: readonly (Expression | Histogram)[];
  readonly token: Token;
}

/** `token` is the `->` or the `[`. */
export type Selector =
  | { readonly kind: 'member'; readonly name: string; readonly token: Token }
  | { readonly kind: 'subscript'; readonly index: Expression; readonly token: Token };

interface TargetSuffix {
  readonly selectors: readonly Selector[];
  readonly addressOf: boolean;
  /** Pretty-printing suffix; its token is `token` for `$name$` or the last member's. */
  readonly pretty: '' | '$' | '$$';
  readonly token: Token;
}

/** `$name`, with the `$` in `name`. */
export interface TargetSymbol extends TargetSuffix {
  readonly kind: 'target';
  readonly name: string;
}

/** `@var("name"[, "module"])` */
export interface AtVar extends TargetSuffix {
  readonly kind: 'atvar';
  readonly name: StringLiteral;
  readonly module?: StringLiteral;
}

/** `@cast(e, "type"[, "module"])` */
export interface Cast extends TargetSuffix {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: StringLiteral;
  readonly module?: StringLiteral;
}

/** `expr->field` on anything else. */
export interface Autocast extends TargetSuffix {
  readonly kind: 'autocast';
  readonly operand: Expression;
}

export interface Defined {
  readonly kind: 'defined';
  readonly operand: Expression;
  readonly token: Token;
}

export interface ProbeWrite {
  readonly kind: 'probewrite';
  readonly name: string;
  readonly token: Token;
}

export interface Entry {
  readonly kind: 'entry';
  readonly operand: Expression;
  readonly token: Token;
}

export interface Perf {
  readonly kind: 'perf';
  readonly counter: StringLiteral;
  readonly token: Token;
}

/** `@const("C expression")` */
export interface AtConst {
  readonly kind: 'const';
  readonly code: StringLiteral;
  readonly token: Token;
}

/** `@enum("NAME")` */
export interface AtEnum {
  readonly kind: 'enum';
  readonly name: StringLiteral;
  readonly token: Token;
}

/** `@enumname(value[, "type"[, "module"]])` */
export interface AtEnumName {
  readonly kind: 'enumname';
  readonly operand: Expression;
  readonly type?: StringLiteral;
  readonly module?: StringLiteral;
  readonly token: Token;
}

/** `@kregister(n)`, `@uregister(n)` */
export interface Register {
  readonly kind: 'register';
  readonly userspace: boolean;
  readonly number: Int64;
  readonly token: Token;
}

/** `@kderef(size, address)`, `@uderef(size, address)` */
export interface Dereference {
  readonly kind: 'dereference';
  readonly userspace: boolean;
  readonly size: Int64;
  readonly address: Expression;
  readonly token: Token;
}

export type Expression =
  | NumberLiteral
  | StringLiteral
  | EmbeddedExpression
  | Variable
  | Index
  | Call
  | Unary
  | Update
  | Binary
  | Concatenation
  | Comparison
  | RegexQuery
  | Logical
  | Membership
  | Conditional
  | Assignment
  | Statistic
  | Histogram
  | Print
  | TargetSymbol
  | AtVar
  | Cast
  | Autocast
  | Defined
  | ProbeWrite
  | Entry
  | Perf
  | AtConst
  | AtEnum
  | AtEnumName
  | Register
  | Dereference;
