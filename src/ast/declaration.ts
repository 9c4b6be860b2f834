import type { Int64 } from '../int64/int64.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Token } from '../source/token.ts';
import type { Expression, NumberLiteral, StringLiteral } from './expression.ts';
import type { Block } from './statement.ts';

export type DeclaredType = 'long' | 'string';

/** One component of a probe point, `name` or `name(argument)`; the name may contain `*`. */
export interface ProbePointComponent {
  readonly name: string;
  readonly argument?: NumberLiteral | StringLiteral;
  readonly token: Token;
}

/** A dotted probe point; braces are already multiplied out. */
export interface ProbePoint {
  readonly components: readonly ProbePointComponent[];
  /** `?` or `!` */
  readonly optional: boolean;
  /** `!` */
  readonly sufficient: boolean;
  readonly condition?: Expression;
  readonly token: Token;
}

export interface GlobalDeclaration {
  readonly kind: 'global';
  readonly name: string;
  readonly isPrivate: boolean;
  /** `%` after the name: overwrite the oldest element when full. */
  readonly wrap: boolean;
  /** `[N]` */
  readonly maxSize?: Int64;
  readonly initial?: NumberLiteral | StringLiteral;
  readonly token: Token;
}

export interface Parameter {
  readonly name: string;
  readonly type?: DeclaredType;
  readonly token: Token;
}

export interface FunctionDeclaration {
  readonly kind: 'function';
  readonly name: string;
  readonly isPrivate: boolean;
  readonly returnType?: DeclaredType;
  readonly parameters: readonly Parameter[];
  /** `:N` after the parameter list; undefined when not written. */
  readonly priority?: Int64;
  /** A block, or the text between `%{` and `%}`. */
  readonly body: Block | EmbeddedCode;
  readonly token: Token;
}

export interface ProbeDeclaration {
  readonly kind: 'probe';
  readonly points: readonly ProbePoint[];
  readonly body: Block;
  /** The keyword `probe`. */
  readonly token: Token;
}

/** `probe NAME = points { … }`; several names give several declarations sharing points and bodies. */
export interface AliasDeclaration {
  readonly kind: 'alias';
  readonly name: ProbePoint;
  /** `=`: body goes before the user's (prologue); `+=`: after it (epilogue). */
  readonly operator: '=' | '+=';
  readonly points: readonly ProbePoint[];
  readonly body: Block;
  /** Second block of the two-block form, run after the user's body. */
  readonly epilogue?: Block;
  readonly token: Token;
}

export interface EmbeddedCode {
  readonly kind: 'embedded-code';
  readonly code: string;
  readonly token: Token;
}

/** One parsed file; each list in source order. */
export interface ScriptFile {
  readonly source: SourceFile;
  readonly embeds: readonly EmbeddedCode[];
  readonly globals: readonly GlobalDeclaration[];
  readonly aliases: readonly AliasDeclaration[];
  readonly probes: readonly ProbeDeclaration[];
  readonly functions: readonly FunctionDeclaration[];
}
