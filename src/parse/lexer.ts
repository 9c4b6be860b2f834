import type { SourceFile } from '../source/source-file.ts';
import type { Token, TokenKind } from '../source/token.ts';
import {
  characterClass,
  DIGIT,
  IDENTIFIER_PART,
  IDENTIFIER_START,
  LETTER,
  OPERATOR_TAIL,
  SPACE,
} from './lexical-characters.ts';
import type { ParseMessageCode } from './messages.ts';
import { PastedArgument } from './pasted-argument.ts';

/** A broken or impossible token; `failure` says why. It is an error only where it is used. */
export interface JunkToken extends Token {
  readonly kind: 'junk';
  readonly failure: ParseMessageCode;
  readonly slots: readonly number[];
}

/** True for tokens the lexer could not make sense of. */
export function isJunk(token: Token): token is JunkToken {
  return token.kind === 'junk' && 'failure' in token;
}

/** What the lexer needs to know besides the text. */
export interface LexerOptions {
  readonly scriptArguments: readonly string[];
  readonly onArgumentUsed: ((number: number) => void) | undefined;
  readonly privateKeyword: boolean;
  /** The text comes from a script argument: it cannot refer to arguments itself. */
  readonly insideArgument?: boolean;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['probe', 'global', 'function', 'if', 'else', 'for', 'foreach', 'in', 'limit', 'return', 'delete'],
  ...['while', 'break', 'continue', 'next', 'string', 'long', 'try', 'catch'],
]);

const THREE_CHARACTER_OPERATORS: ReadonlySet<string> = new Set(['<<<', '>>>', '<<=', '>>=']);
const TWO_CHARACTER_OPERATORS: ReadonlySet<string> = new Set([
  ...['==', '!=', '<=', '>=', '=~', '!~', '+=', '-=', '*=', '/=', '%=', '^=', '&=', '|=', '.=', '&&', '||'],
  ...['++', '--', '->', '<<', '>>', '%(', '%?', '%:', '%)'],
]);

/** One-character operators by code: any printable character may be one. */
const SINGLE_OPERATORS: readonly string[] = Array.from({ length: 128 }, (_, code) =>
  String.fromCharCode(code),
);

const NEWLINE = 10;
const QUOTE = 34;
const HASH = 35;
const DOLLAR = 36;
const PERCENT = 37;
const STAR = 42;
const SLASH = 47;
const AT = 64;
const BACKSLASH = 92;
const OPEN_BRACE = 123;

/** Splits a text into tokens on demand. Comments and white space vanish; script arguments are pasted in. */
export class Lexer {
  readonly file: SourceFile;
  /** A comment came directly before the token returned last. */
  ateComment = false;
  private readonly text: string;
  private readonly end: number;
  private readonly options: LexerOptions;
  /** Offset of the token returned last. */
  tokenStart = 0;
  private position = 0;
  private line = 1;
  private lineStart = 0;
  private pasted: PastedArgument | undefined;

  /** `text` is what is lexed, the file's own text unless something was pasted. Input ends at a NUL byte. */
  constructor(file: SourceFile, options: LexerOptions, text: string = file.text) {
    this.file = file;
    this.options = options;
    this.text = text;
    const nul = text.indexOf('\0');
    this.end = nul === -1 ? text.length : nul;
  }

  /** Offset behind the last token. */
  get offset(): number {
    return this.position;
  }

  /** The next token, undefined at the end of the text. */
  next(): Token | undefined {
    let spaceBefore = false;
    this.ateComment = false;
    for (;;) {
      if (this.pasted !== undefined) {
        const { pasted } = this;
        const token = this.nextPasted(pasted, spaceBefore);
        if (token !== undefined) return token;
        if (pasted.skippedSpace) spaceBefore = true;
      }
      if (this.skipSpace()) spaceBefore = true;
      this.tokenStart = this.position;
      if (this.position >= this.end) return undefined;
      const code = this.text.charCodeAt(this.position);
      if ((code === DOLLAR || code === AT) && this.isArgumentReference()) {
        const failed = this.startArgument(code, spaceBefore);
        if (failed !== undefined) return failed;
        continue;
      }
      return this.scan(code, spaceBefore);
    }
  }

  /** White space and comments; true when there were any. */
  private skipSpace(): boolean {
    const start = this.position;
    const { text, end } = this;
    while (this.position < end) {
      const code = text.charCodeAt(this.position);
      if ((characterClass(code) & SPACE) !== 0) {
        this.position++;
        if (code === NEWLINE) this.startLine(this.position);
        continue;
      }
      const next = text.charCodeAt(this.position + 1);
      if (code === HASH || (code === SLASH && next === SLASH)) {
        const newline = text.indexOf('\n', this.position);
        this.position = newline === -1 || newline > end ? end : newline;
      } else if (code === SLASH && next === STAR) {
        // An unclosed comment takes the rest of the file without a word, as in SystemTap.
        const close = text.indexOf('*/', this.position + 2);
        this.advanceOverLines(close === -1 || close > end ? end : close + 2);
      } else break;
      this.ateComment = true;
    }
    return this.position > start;
  }

  private startLine(at: number): void {
    this.line++;
    this.lineStart = at;
  }

  /** Moves on to an offset, counting the lines passed. */
  private advanceOverLines(to: number): void {
    const { text } = this;
    for (let at = this.position; at < to; at++) if (text.charCodeAt(at) === NEWLINE) this.startLine(at + 1);
    this.position = to;
  }

  private scan(code: number, spaceBefore: boolean): Token {
    const bits = characterClass(code);
    if ((bits & IDENTIFIER_START) !== 0) return this.scanWord(code, spaceBefore);
    if ((bits & DIGIT) !== 0) return this.scanNumber(spaceBefore);
    if (code === QUOTE) return this.scanString(spaceBefore);
    if (code === PERCENT && this.text.charCodeAt(this.position + 1) === OPEN_BRACE)
      return this.scanEmbeddedCode(spaceBefore);
    if (code > 32 && code < 127) return this.scanOperator(code, spaceBefore);
    return this.scanUnknown(code, spaceBefore);
  }

  private scanWord(code: number, spaceBefore: boolean): Token {
    let end = this.position + 1;
    while (end < this.end && (characterClass(this.text.charCodeAt(end)) & IDENTIFIER_PART) !== 0) end++;
    if (code === AT) return this.token('operator', end, spaceBefore);
    const word = this.text.slice(this.position, end);
    const keyword = KEYWORDS.has(word) || (word === 'private' && this.options.privateKeyword);
    return this.token(keyword ? 'keyword' : 'identifier', end, spaceBefore);
  }

  private scanNumber(spaceBefore: boolean): Token {
    let end = this.position + 1;
    while (end < this.end && (characterClass(this.text.charCodeAt(end)) & (DIGIT | LETTER)) !== 0) end++;
    return this.token('number', end, spaceBefore);
  }

  private scanString(spaceBefore: boolean): Token {
    const { text, end } = this;
    const start = this.position + 1;
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        const token = this.makeToken('string', text.slice(start, at), spaceBefore);
        this.advanceOverLines(at + 1);
        return token;
      }
      if (code === NEWLINE) return this.junk('unclosed-string', at, spaceBefore);
      // An escaped newline is part of the string.
      if (code === BACKSLASH) at++;
    }
    return this.junk('unclosed-string', end, spaceBefore);
  }

  private scanEmbeddedCode(spaceBefore: boolean): Token {
    const start = this.position + 2;
    const close = this.text.indexOf('%}', start);
    if (close === -1 || close > this.end) return this.junk('unclosed-embedded-code', this.end, spaceBefore);
    const token = this.makeToken('embedded-code', this.text.slice(start, close), spaceBefore);
    this.advanceOverLines(close + 2);
    return token;
  }

  private scanOperator(code: number, spaceBefore: boolean): Token {
    const { position, text } = this;
    let operator = SINGLE_OPERATORS[code] ?? '';
    if ((characterClass(text.charCodeAt(position + 1)) & OPERATOR_TAIL) !== 0) {
      const three = text.slice(position, position + 3);
      const two = three.slice(0, 2);
      if (THREE_CHARACTER_OPERATORS.has(three)) operator = three;
      else if (TWO_CHARACTER_OPERATORS.has(two)) operator = two;
    }
    const token = this.makeToken('operator', operator, spaceBefore);
    this.position += operator.length;
    return token;
  }

  /** A byte that belongs to no token is the parser's to complain about: it knows what it expected. */
  private scanUnknown(code: number, spaceBefore: boolean): Token {
    const token = this.makeToken('junk', `\\x${code.toString(16).padStart(2, '0')}`, spaceBefore);
    this.position++;
    return token;
  }

  private token(kind: TokenKind, end: number, spaceBefore: boolean): Token {
    const token = this.makeToken(kind, this.text.slice(this.position, end), spaceBefore);
    this.position = end;
    return token;
  }

  private makeToken(kind: TokenKind, text: string, spaceBefore: boolean): Token {
    const column = this.position - this.lineStart + 1;
    return { kind, text, file: this.file, line: this.line, column, spaceBefore };
  }

  private junk(
    failure: ParseMessageCode,
    end: number,
    spaceBefore: boolean,
    slots: readonly number[] = [],
  ): JunkToken {
    const token: JunkToken = { ...this.makeToken('junk', '', spaceBefore), kind: 'junk', failure, slots };
    this.advanceOverLines(end);
    return token;
  }

  /** At `$` or `@`: does a digit or `#` follow? */
  private isArgumentReference(): boolean {
    const next = this.text.charCodeAt(this.position + 1);
    return next === HASH || (characterClass(next) & DIGIT) !== 0;
  }

  /** Takes in `$1`, `@1`, `$#` or `@#`; returns a junk token when there is no such argument. */
  private startArgument(code: number, spaceBefore: boolean): JunkToken | undefined {
    const { scriptArguments } = this.options;
    const count = scriptArguments.length;
    let end = this.position + 2;
    if (this.options.insideArgument === true) return this.junk('nested-argument', end, spaceBefore);
    let value = String(count);
    if (this.text.charCodeAt(this.position + 1) !== HASH) {
      let number = this.text.charCodeAt(this.position + 1) - 48;
      while (number <= count && (characterClass(this.text.charCodeAt(end)) & DIGIT) !== 0)
        number = number * 10 + this.text.charCodeAt(end++) - 48;
      const argument = scriptArguments[number - 1];
      if (argument === undefined) return this.junk('argument-out-of-range', end, spaceBefore, [count]);
      this.options.onArgumentUsed?.(number);
      value = argument;
    }
    const reference = this.makeToken('operator', this.text.slice(this.position, end), spaceBefore);
    this.position = end;
    this.pasted = new PastedArgument(code === AT ? quoteArgument(value) : value, reference, this.text, end);
    return undefined;
  }

  /** A token that starts inside the pasted text; undefined when that is used up. */
  private nextPasted(pasted: PastedArgument, spaceBefore: boolean): Token | undefined {
    const token = pasted.next(
      (text) => new Lexer(this.file, { ...this.options, insideArgument: true }, text),
    );
    if (pasted.consumedBehind !== undefined) {
      this.pasted = undefined;
      this.advanceOverLines(this.position + pasted.consumedBehind);
    }
    if (token === undefined) return undefined;
    const { line, column } = pasted.reference;
    return { ...token, line, column, spaceBefore: token.spaceBefore || spaceBefore };
  }
}

/** A script argument as a string literal. */
function quoteArgument(argument: string): string {
  const escaped = argument.replace(/[^ -~]|["\\]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `"${escaped}"`;
}
