import type { SourceFile } from './source-file.ts';

export type TokenKind =
  'identifier' | 'operator' | 'string' | 'number' | 'keyword' | 'embedded-code' | 'junk';

/** One lexical unit with its place. Every syntax node keeps the token that messages about it point at. */
export interface Token {
  readonly kind: TokenKind;
  /** For a string: the characters between the quotes, escapes not decoded. For the others: as written. */
  readonly text: string;
  readonly file: SourceFile;
  /** 1-based; columns count bytes, a tab counts one. */
  readonly line: number;
  readonly column: number;
  /** White space or a comment came directly before (matters for probe-point wildcards). */
  readonly spaceBefore: boolean;
  /** The macro invocation this token came out of, innermost first. */
  readonly expandedFrom?: Token;
}
