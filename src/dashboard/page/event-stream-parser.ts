/** One event of a text/event-stream. */
export interface StreamEvent {
  /** `message` where the stream does not name it. */
  readonly name: string;
  readonly data: string;
  /** What a reader tells as Last-Event-ID when it comes back; empty before the first. */
  readonly lastId: string;
}

/** Longest event, characters; a server that sends more without an end is not ours. */
export const MAX_EVENT_LENGTH = 32 << 20;

/** Takes a text/event-stream in pieces of any size (HTML standard, 9.2.6) and gives its events. */
export class EventStreamParser {
  private pending = '';
  private endsWithReturn = false;
  private name = '';
  private data: string[] = [];
  private lastId = '';

  /**
   * The events that are complete with this piece.
   * @throws {RangeError} an event is longer than MAX_EVENT_LENGTH
   */
  push(piece: string): StreamEvent[] {
    // CR LF may come in two pieces.
    const text = this.endsWithReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    this.endsWithReturn = piece === '' ? this.endsWithReturn : piece.endsWith('\r');
    if (this.pending.length + text.length > MAX_EVENT_LENGTH) throw new RangeError('an event is too long');
    // Only what is new is searched: an event of megabytes comes in many pieces.
    const lines = text.split(/\r\n|\n|\r/);
    lines[0] = this.pending + (lines[0] ?? '');
    this.pending = lines.pop() ?? '';
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): StreamEvent[] {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.name = value;
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    return [];
  }

  private dispatch(): StreamEvent[] {
    const { name, data, lastId } = this;
    this.name = '';
    this.data = [];
    return data.length === 0 ? [] : [{ name: name || 'message', data: data.join('\n'), lastId }];
  }
}
