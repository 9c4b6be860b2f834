/**
 * One input text. `text` holds one UTF-16 unit per input byte (latin1), because the language and its
 * column numbers count bytes; a UTF-8 terminal gets its bytes back when output is written as latin1.
 */
export interface SourceFile {
  /** Name as shown in messages: `<input>`, `<input1>`, or the path as given. */
  readonly name: string;
  readonly text: string;
  /** `script`: written by the user (-e, -E, FILE, stdin); `library`: a tapset file. */
  readonly origin: 'script' | 'library';
}
