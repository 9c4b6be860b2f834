import type { Token } from '../source/token.ts';

/** A lexer over a stretch of text. */
interface StretchLexer {
  next(): Token | undefined;
  /** Offset of the token returned last, and the offset behind it. */
  readonly tokenStart: number;
  readonly offset: number;
}

const FIRST_WINDOW = 64;

/**
 * The text of a script argument while it is being lexed in place of `$1` or `@1`. Its last token may go on in
 * the text behind the reference (`$1foo`), so it is lexed together with a window of that text.
 */
export class PastedArgument {
  /** The `$1` token, where all its text is placed. */
  readonly reference: Token;
  /** Once the argument is used up: how much of the text behind the reference went with it. */
  consumedBehind: number | undefined;
  /** White space or comments were passed after the last token. */
  skippedSpace = false;
  private readonly argument: string;
  private readonly text: string;
  private readonly behind: number;
  private lexer: StretchLexer | undefined;
  /** Where in the argument the lexer's text starts, and how much of the text behind it includes. */
  private lexerStart = 0;
  private windowSize = FIRST_WINDOW;

  constructor(argument: string, reference: Token, text: string, behind: number) {
    this.argument = argument;
    this.reference = reference;
    this.text = text;
    this.behind = behind;
  }

  /** The next token that starts within the argument; undefined, and `consumedBehind` set, when none is left. */
  next(createLexer: (text: string) => StretchLexer): Token | undefined {
    for (;;) {
      const window = this.text.slice(this.behind, this.behind + this.windowSize);
      const lexer = (this.lexer ??= createLexer(this.argument.slice(this.lexerStart) + window));
      const start = lexer.offset;
      const token = lexer.next();
      const argumentEnd = this.argument.length - this.lexerStart;
      if (lexer.offset >= argumentEnd + window.length && this.behind + this.windowSize < this.text.length) {
        // It touches the end of the window, so it may be longer than the window shows.
        this.lexer = undefined;
        this.lexerStart += start;
        this.windowSize *= 4;
        continue;
      }
      if (token === undefined || lexer.tokenStart >= argumentEnd) {
        this.skippedSpace = lexer.tokenStart > start;
        this.consumedBehind = Math.max(0, lexer.tokenStart - argumentEnd);
        return undefined;
      }
      if (lexer.offset >= argumentEnd) this.consumedBehind = lexer.offset - argumentEnd;
      return token;
    }
  }
}
