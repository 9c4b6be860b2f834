import type { Environment } from './ports/environment.ts';

/** Why wordexp(3) refuses a text: WRDE_BADCHAR, WRDE_BADVAL, WRDE_CMDSUB, WRDE_SYNTAX. */
export type WordExpansionFailure = 'bad-character' | 'undefined-variable' | 'command-substitution' | 'syntax';

/** The words, or why there are none. `hasPattern`: an unquoted `*`, `?` or `[` is in them, left as it is. */
export type WordExpansion =
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly hasPattern: boolean }
  | { readonly kind: 'failure'; readonly failure: WordExpansionFailure };

class ExpansionError extends Error {
  readonly failure: WordExpansionFailure;
  constructor(failure: WordExpansionFailure) {
    super(failure);
    this.failure = failure;
  }
}

/**
 * Splits a text into words as wordexp(3) does with WRDE_NOCMD | WRDE_UNDEF: quotes, backslashes, `~`, `$NAME`,
 * `${NAME}` with `:-`, `-`, `:+` and `+`, field splitting of unquoted values. File name patterns stay as they
 * are. Operators of the shell (`|`, `&`, `;`, `<`, `>`, parentheses, braces, newline) are `bad-character`.
 */
export function expandWords(text: string, environment: Environment): WordExpansion {
  const expander = new WordExpander(text, environment);
  try {
    return { kind: 'words', words: expander.expand(), hasPattern: expander.hasPattern };
  } catch (error) {
    if (error instanceof ExpansionError) return { kind: 'failure', failure: error.failure };
    throw error;
  }
}

/** State of one expansion: the place in the text and the word being put together. */
class WordExpander {
  hasPattern = false;
  readonly #text: string;
  readonly #environment: Environment;
  readonly #words: string[] = [];
  #position = 0;
  /** undefined: no word has begun; `''` is a word made by empty quotes. */
  #word: string | undefined;

  constructor(text: string, environment: Environment) {
    this.#text = text;
    this.#environment = environment;
  }

  expand(): readonly string[] {
    while (this.#position < this.#text.length) this.#step();
    this.#endWord();
    return this.#words;
  }

  #step(): void {
    const character = this.#text.charAt(this.#position++);
    switch (character) {
      case ' ':
      case '\t':
        this.#endWord();
        break;
      case "'":
        this.#append(this.#until("'"));
        break;
      case '"':
        this.#doubleQuoted();
        break;
      case '\\':
        this.#escape();
        break;
      case '$':
        this.#splitInto(this.#dollar());
        break;
      case '`':
        throw new ExpansionError('command-substitution');
      case '~':
        this.#append(this.#tilde());
        break;
      case '*':
      case '?':
      case '[':
        this.hasPattern = true;
        this.#append(character);
        break;
      default:
        if ('\n|&;<>(){}'.includes(character)) throw new ExpansionError('bad-character');
        this.#append(character);
    }
  }

  #append(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word);
    this.#word = undefined;
  }

  #until(closing: string): string {
    const end = this.#text.indexOf(closing, this.#position);
    if (end < 0) throw new ExpansionError('syntax');
    const content = this.#text.slice(this.#position, end);
    this.#position = end + 1;
    return content;
  }

  #escape(): void {
    if (this.#position >= this.#text.length) throw new ExpansionError('syntax');
    const character = this.#text.charAt(this.#position++);
    if (character !== '\n') this.#append(character);
  }

  #doubleQuoted(): void {
    this.#append('');
    for (;;) {
      if (this.#position >= this.#text.length) throw new ExpansionError('syntax');
      const character = this.#text.charAt(this.#position++);
      if (character === '"') return;
      if (character === '`') throw new ExpansionError('command-substitution');
      if (character === '$') this.#append(this.#dollar());
      else if (character === '\\' && '$`"\\\n'.includes(this.#text.charAt(this.#position))) this.#escape();
      else this.#append(character);
    }
  }

  /** Value of the expansion after `$`; a lone `$` stands for itself. */
  #dollar(): string {
    const rest = this.#text.slice(this.#position);
    if (rest.startsWith('((')) throw new ExpansionError('syntax');
    if (rest.startsWith('(')) throw new ExpansionError('command-substitution');
    if (rest.startsWith('{')) return this.#braced();
    // $$, $?, $1 …: a shell has to say what they are.
    if (/^[$?#*@!\d-]/.test(rest)) throw new ExpansionError('bad-character');
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest)?.[0];
    if (name === undefined) return '$';
    this.#position += name.length;
    return this.#valueOf(name);
  }

  #braced(): string {
    this.#position++;
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([\s\S]*))?$/.exec(this.#until('}'));
    const name = match?.[1];
    if (name === undefined) throw new ExpansionError('syntax');
    const operator = match?.[2];
    const alternative = match?.[3] ?? '';
    const value = this.#environment[name];
    const isSet = value !== undefined && (operator?.startsWith(':') !== true || value !== '');
    if (operator === undefined) return this.#valueOf(name);
    if (operator.endsWith('+')) return isSet ? alternative : '';
    return isSet ? value : alternative;
  }

  #valueOf(name: string): string {
    const value = this.#environment[name];
    if (value === undefined) throw new ExpansionError('undefined-variable');
    return value;
  }

  /** `~` at the start of a word, before `/` or the end, is the home directory. */
  #tilde(): string {
    const next = this.#text.charAt(this.#position);
    const home = this.#environment['HOME'];
    return this.#word === undefined && home !== undefined && /^[/ \t]?$/.test(next) ? home : '~';
  }

  /** Unquoted values fall into fields at blanks; the first and last join what touches them. */
  #splitInto(value: string): void {
    const fields = value.split(/[ \t\n]+/);
    fields.forEach((field, index) => {
      if (index > 0) this.#endWord();
      if (field !== '') this.#append(field);
    });
  }
}
