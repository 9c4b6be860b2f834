import type { SourceFile } from './source-file.ts';

interface Comment {
  readonly start: number;
  readonly end: number;
}

const BLANK = /^[ \t\r\f\v]*$/;

/** How far behind a name a comment is looked for, in bytes: lines with thousands of names take no time. */
const LONGEST_WAY = 2048;

/** Longest documentation, in bytes; the rest is cut off. */
export const LONGEST_DOCUMENTATION = 1024;

/** Comments; strings and embedded code, in which nothing is one; the keywords that begin declarations. */
const PIECES =
  /(?<comment>\/\/[^\n]*|(?<![$@])#[^\n]*|\/\*[^]*?(?:\*\/|$))|"(?:\\[^]|[^"\\\n])*"?|%\{[^]*?(?:%\}|$)|\b(?<keyword>private\s+global|private|global|probe|function)\b/g;

/** What a declaration can go on with behind a name. */
const DECLARATION_PIECE = /[ \t\r\f\v]+|"(?:\\[^]|[^"\\\n])*"|[$@]?\w+|[-+%[\]=,;]/y;
const ENDING_WORD = /^(?:probe|function|global|private)$/;

/**
 * Finds the comments that document the global variables of a script: the one right above the declaration, or the one
 * behind a name on its line. Looks at the text alone, as the parser passes over comments.
 */
export class DeclarationComments {
  readonly #text: string;
  readonly #comments: readonly Comment[];
  readonly #commentsByStart: ReadonlyMap<number, Comment>;
  /** Offsets of the keywords of declarations. */
  readonly #keywords: readonly number[];
  readonly #lineStarts: number[] = [0];

  constructor(file: SourceFile) {
    const nul = file.text.indexOf('\0');
    const whole = nul === -1 ? file.text : file.text.slice(0, nul);
    // Where nothing can be a comment there is nothing to look for.
    const text = (this.#text = /#|\/[/*]/.test(whole) ? whole : '');
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
      this.#lineStarts.push(at + 1);
    const comments: Comment[] = [];
    const keywords: number[] = [];
    for (const { index, groups, 0: piece } of text.matchAll(PIECES)) {
      if (groups?.['comment'] !== undefined) comments.push({ start: index, end: index + piece.length });
      else if (groups?.['keyword'] !== undefined) keywords.push(index);
    }
    this.#comments = comments;
    this.#commentsByStart = new Map(comments.map((comment) => [comment.start, comment]));
    this.#keywords = keywords;
  }

  /**
   * What is said about the global whose name is at that place (counted from 1), on one line without the signs of comments;
   * undefined when nothing is, or when the name is not written there.
   */
  of(name: string, line: number, column: number): string | undefined {
    if (this.#comments.length === 0) return undefined;
    const start = (this.#lineStarts[line - 1] ?? 0) + column - 1;
    const keyword = this.#keywords.findLast((offset) => offset < start);
    if (!this.#text.startsWith(name, start) || keyword === undefined) return undefined;
    const comment =
      this.#behind(start + name.length) ??
      (this.#isFirstOnLine(start) ? this.#above(start) : undefined) ??
      this.#above(keyword);
    return comment === undefined || comment === '' ? undefined : comment;
  }

  /** The comment behind a name on the same line, perhaps behind other names. */
  #behind(from: number): string | undefined {
    const text = this.#text;
    let afterComma = false;
    for (let at = from; at - from < LONGEST_WAY;) {
      const comment = this.#commentsByStart.get(at);
      if (comment !== undefined) {
        // `a, /* of b */ b`
        const isOfNext = afterComma && /^[ \t]*\w/.test(text.slice(comment.end, comment.end + 80));
        if (!isOfNext || comment.end > this.#lineEnd(at))
          return plainText(text.slice(comment.start, comment.end));
        at = comment.end;
        continue;
      }
      DECLARATION_PIECE.lastIndex = at;
      const piece = DECLARATION_PIECE.exec(text)?.[0];
      if (piece === undefined || ENDING_WORD.test(piece)) return undefined;
      if (piece.trim() !== '') afterComma = piece === ',';
      at += piece.length;
    }
    return undefined;
  }

  /** The comment that ends right above an offset or before it on its line; no blank line is between. */
  #above(offset: number): string | undefined {
    const lines: string[] = [];
    let below = offset;
    for (let index = this.#comments.findLastIndex(({ end }) => end <= offset); index >= 0; index--) {
      const comment = this.#comments[index];
      if (comment === undefined || !this.#isFirstOnLine(comment.start)) break;
      if (!/^[ \t\r\f\v]*\n?[ \t\r\f\v]*$/.test(this.#text.slice(comment.end, below))) break;
      const written = this.#text.slice(comment.start, comment.end);
      const isBlock = written.startsWith('/*');
      if ((isBlock && lines.length > 0) || (comment.start === 0 && written.startsWith('#!'))) break;
      lines.unshift(written);
      if (isBlock) break;
      below = comment.start;
    }
    return lines.length === 0 ? undefined : plainText(lines.join('\n'));
  }

  #isFirstOnLine(offset: number): boolean {
    const start = this.#text.lastIndexOf('\n', offset - 1) + 1;
    return offset === 0 || BLANK.test(this.#text.slice(start, offset));
  }

  #lineEnd(offset: number): number {
    const end = this.#text.indexOf('\n', offset);
    return end === -1 ? this.#text.length : end;
  }
}

/** A comment on one line, without its signs and without lines that are only drawn. */
function plainText(comment: string): string {
  const lines = comment
    .replace(/^\/\*+|\*+\/$/g, '')
    .split('\n')
    .map((line) => line.trim().replace(/^(?:\/\/+!?|#+|\*+(?!\/))/, ''))
    .map((line) => (/^[-=*#~_/\s]{3,}$/.test(line) ? '' : line));
  return lines.join(' ').replace(/\s+/g, ' ').trim().slice(0, LONGEST_DOCUMENTATION);
}
