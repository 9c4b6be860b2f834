import type { Expression } from '../ast/expression.ts';
import { DiagnosticError, type DiagnosticSink } from '../diagnostic/diagnostic.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Token } from '../source/token.ts';
import { Conditionals } from './conditionals.ts';
import { languageLevel, type LanguageLevel } from './language-level.ts';
import { isJunk, Lexer } from './lexer.ts';
import { MacroExpander } from './macro-expander.ts';
import type { ParseMessageCode } from './messages.ts';
import { failureAt, failureAtEnd, parseDiagnostic } from './parse-failure.ts';
import type { ParseOptions } from './parse-options.ts';

/** How deeply expressions and statements may nest; the parser and later stages recurse over the tree. */
export const NESTING_LIMIT = 300;

/**
 * The state all grammar functions share: the token stream with one token of lookahead, and where in the
 * script we are. Grammar functions throw DiagnosticError; the caller resumes at the next declaration.
 */
export class Parser {
  readonly file: SourceFile;
  readonly options: ParseOptions;
  readonly level: LanguageLevel;
  readonly sink: DiagnosticSink;
  /** In a function body: `return` is allowed. */
  inFunction = false;
  /** Tokens parsed so far, those passed over after an error not counted. */
  taken = 0;
  /** Names of the globals declared so far, and whether each is private. */
  readonly globals = new Map<string, boolean>();
  private readonly grammar: (parser: Parser) => Expression;
  private readonly lexer: Lexer;
  private readonly expander: MacroExpander;
  private readonly conditionals: Conditionals;
  private lookahead: Token | undefined;
  /** What "saw:" shows: the token looked at last, undefined at the end of the file. */
  private lastSeen: Token | undefined;
  private depth = 0;
  /** First tokens that a comment precedes, kept only for old language levels. */
  private readonly afterComment: WeakSet<Token> | undefined;

  /** `grammar` parses a full expression; passed in because expressions and everything in them are mutually recursive. */
  constructor(
    file: SourceFile,
    options: ParseOptions,
    sink: DiagnosticSink,
    grammar: (parser: Parser) => Expression,
  ) {
    this.file = file;
    this.options = options;
    this.sink = sink;
    this.grammar = grammar;
    this.level = languageLevel(options.compatible);
    this.lexer = new Lexer(file, {
      scriptArguments: options.scriptArguments,
      onArgumentUsed: options.onArgumentUsed,
      privateKeyword: this.level.privateKeyword,
    });
    this.expander = new MacroExpander(this.lexer, options.libraryMacros, sink);
    const { facts, compatible, guru } = options;
    this.conditionals = new Conditionals(this.expander, { facts, compatible, guru });
    this.afterComment = this.level.gluesAcrossComments ? undefined : new WeakSet();
  }

  /** Embedded code and unsafe operators are allowed. */
  get isPrivileged(): boolean {
    return this.options.guru || this.options.privileged;
  }

  /** The macros the file has defined so far. */
  get macros(): MacroExpander['definitions'] {
    return this.expander.definitions;
  }

  /** The next token without taking it; undefined at the end of the file. */
  peek(): Token | undefined {
    this.lookahead ??= this.read();
    this.lastSeen = this.lookahead;
    return this.lookahead;
  }

  /** As peek, where text is passed over after an error: what makes no token there is no further error. */
  peekPassing(): Token | undefined {
    this.lookahead ??= this.readAny();
    this.lastSeen = this.lookahead;
    return this.lookahead;
  }

  /** Takes the next token. */
  next(): Token {
    const token = this.lookahead ?? this.read();
    if (token === undefined) throw this.failure('unexpected-eof');
    this.lookahead = undefined;
    this.lastSeen = token;
    this.taken++;
    return token;
  }

  /** Takes the token just peeked at; a message right after has no token to show. */
  swallow(): void {
    this.discard();
    this.taken++;
  }

  /** From here to the next token taken or looked at, messages have no token to show. */
  forgetSeen(): void {
    this.lastSeen = undefined;
  }

  /** Passes over the token just peeked at without counting it as parsed. */
  discard(): void {
    this.lookahead = undefined;
    this.lastSeen = undefined;
  }

  /** Is the next token this operator? */
  peekOperator(text: string): boolean {
    const token = this.peek();
    return token?.kind === 'operator' && token.text === text;
  }

  /** Is the next token this keyword? */
  peekKeyword(text: string): boolean {
    const token = this.peek();
    return token?.kind === 'keyword' && token.text === text;
  }

  /** Takes the next token if it is this operator; true when it was. */
  skipOperator(text: string): boolean {
    const found = this.peekOperator(text);
    if (found) this.swallow();
    return found;
  }

  /** Was the token just taken this operator? */
  lastIsOperator(text: string): boolean {
    return this.lastSeen?.kind === 'operator' && this.lastSeen.text === text;
  }

  /** Takes this operator or fails. */
  expectOperator(text: string): Token {
    const token = this.next();
    if (token.kind !== 'operator' || token.text !== text) throw this.failure('expected-operator', [text]);
    return token;
  }

  /** Takes this keyword or fails. */
  expectKeyword(text: string): Token {
    const token = this.next();
    if (token.kind !== 'keyword' || token.text !== text) throw this.failure('expected-keyword', [text]);
    return token;
  }

  /** Takes an identifier or fails. */
  expectIdentifier(code: ParseMessageCode = 'expected-identifier'): Token {
    const token = this.next();
    if (token.kind !== 'identifier') throw this.failure(code);
    return token;
  }

  /** A full expression. */
  expression(): Expression {
    this.enter();
    const expression = this.grammar(this);
    this.leave();
    return expression;
  }

  /** One level deeper. Left by `leave`, or by `restart` after an error. */
  enter(): void {
    if (++this.depth > NESTING_LIMIT) throw this.failure('nesting-too-deep', [NESTING_LIMIT]);
  }

  leave(): void {
    this.depth--;
  }

  /** Ready for the next declaration after one was given up. */
  restart(): void {
    this.depth = 0;
    this.inFunction = false;
  }

  /** A comment stands directly before the token just peeked at (known for old language levels only). */
  commentBefore(token: Token): boolean {
    return this.afterComment?.has(token) === true;
  }

  /** An error about what was found instead ("saw: TOKEN"). */
  failure(code: ParseMessageCode, slots: readonly (string | number)[] = []): DiagnosticError {
    const seen = this.lastSeen;
    if (seen === undefined) return failureAtEnd(this.file, code, slots);
    return new DiagnosticError(parseDiagnostic(code, slots, { token: seen, tokenRole: 'saw' }));
  }

  private read(): Token | undefined {
    const token = this.readAny();
    if (token !== undefined && isJunk(token)) throw failureAt(token, token.failure, token.slots);
    return token;
  }

  private readAny(): Token | undefined {
    const token = this.conditionals.next();
    if (token !== undefined && this.lexer.ateComment) this.afterComment?.add(token);
    return token;
  }
}
