import { byteJson, textMembers, wholeCharacters } from './byte-json.ts';

const NS_PER_MS = 1_000_000n;

/** Longest text of one object, bytes; a longer line is told in parts. */
export const JSON_LINE_MAX_BYTES = 65_536;

/** Where a line comes from, as far as it is known. Texts are byte strings. */
export interface LineOrigin {
  /** Time since 1970. */
  readonly realtimeNs: bigint;
  /** The probe point whose handler printed the first byte, as pp() prints it. */
  readonly probe?: string;
  readonly pid?: number;
  readonly tid?: number;
  readonly execname?: string;
  readonly cpu?: number;
}

/** A line that has begun, for `restore` elsewhere. */
export interface UnfinishedLine {
  readonly head: string;
  readonly text: string;
}

/** Turns what a script prints into one JSON object for each line; see docs/json-output.md. */
export class JsonLines {
  readonly #write: (text: string) => void;
  readonly #maxBytes: number;
  /** First members of the object of the line that has begun; undefined between two lines. */
  #head: string | undefined;
  #text = '';

  /** `write` takes whole lines of JSON, byte strings. */
  constructor(write: (text: string) => void, maxBytes = JSON_LINE_MAX_BYTES) {
    this.#write = write;
    this.#maxBytes = maxBytes;
  }

  /** The line that has begun. */
  get unfinished(): UnfinishedLine | undefined {
    return this.#head === undefined ? undefined : { head: this.#head, text: this.#text };
  }

  /** Takes output. `originOf` is asked when a line begins in it. */
  print(text: string, originOf: () => LineOrigin): void {
    let head: string | undefined;
    for (let at = 0; at < text.length;) {
      this.#head ??= head ??= headOf(originOf());
      const newline = text.indexOf('\n', at);
      const end = newline === -1 ? text.length : newline;
      this.#append(this.#head, text.slice(at, end));
      if (newline !== -1) this.#finish(this.#head, false);
      at = end + 1;
    }
  }

  /** Tells what has begun, as a part of a line. */
  end(): void {
    if (this.#head !== undefined) this.#finish(this.#head, true);
  }

  /** Goes on with a line that began elsewhere. */
  restore(line: UnfinishedLine | undefined): void {
    this.#head = line?.head;
    this.#text = line?.text ?? '';
  }

  #append(head: string, piece: string): void {
    this.#text += piece;
    while (this.#text.length > this.#maxBytes) {
      const part = wholeCharacters(this.#text, this.#maxBytes);
      this.#tell(head, this.#text.slice(0, part), true);
      this.#text = this.#text.slice(part);
    }
  }

  #finish(head: string, isPartial: boolean): void {
    this.#tell(head, this.#text, isPartial);
    this.#head = undefined;
    this.#text = '';
  }

  #tell(head: string, text: string, isPartial: boolean): void {
    this.#write(`${head}${textMembers(text)}${isPartial ? ',"partial":true' : ''}}\n`);
  }
}

/** A time as ISO 8601 with milliseconds, in UTC. */
export function isoTime(realtimeNs: bigint): string {
  return new Date(Number(realtimeNs / NS_PER_MS)).toISOString();
}

function headOf({ realtimeNs, probe, pid, tid, execname, cpu }: LineOrigin): string {
  const members = [
    '{"kind":"output"',
    `"time":"${isoTime(realtimeNs)}"`,
    ...(probe === undefined ? [] : [`"probe":${byteJson(probe).json}`]),
    ...(pid === undefined ? [] : [`"pid":${pid}`]),
    ...(tid === undefined ? [] : [`"tid":${tid}`]),
    ...(execname === undefined ? [] : [`"execname":${byteJson(execname).json}`]),
    ...(cpu === undefined ? [] : [`"cpu":${cpu}`]),
  ];
  return `${members.join(',')},`;
}
