import { sub } from '../int64/arithmetic.ts';
import type { Int64 } from '../int64/int64.ts';
import { PIECE_BYTES, RECORD_HEADER_BYTES, RECORD_KIND } from '../module/event-record.ts';
import type { CapturedPiece, RecordLayout, WordName } from '../module/event-record.ts';
import type { KernelEvent, KernelProbes, MemoryRead } from './kernel-event.ts';
import { readLateString } from './late-string.ts';
import { LITTLE_ENDIAN, readLong } from './native-memory.ts';

type Space = CapturedPiece['space'];

const EFAULT = 14;
const MAX_ERRNO = 4095;
const WORD_BYTES = 8;

/** A record that is not as its layout says; nothing of it can be believed. */
export class BrokenRecordError extends Error {}

/**
 * Reads the records of one probe, one after the other: `present` moves it to the next. Nothing is copied or decoded
 * before it is asked for, so the memory of a record must stay as it is while its handler runs.
 */
export class RecordEvent implements KernelEvent {
  readonly #pieces: readonly CapturedPiece[];
  readonly #readLate: KernelProbes['readMemory'];
  readonly #wordOffsets: ReadonlyMap<WordName, number>;
  readonly #piecesOffset: number;
  readonly #fixedBytes: number;
  #view: DataView = new DataView(new ArrayBuffer(RECORD_HEADER_BYTES));
  #start = 0;

  /** `readLate` reads what was not captured. */
  constructor(layout: RecordLayout, readLate: KernelProbes['readMemory']) {
    const offsetOf = (index: number): number => RECORD_HEADER_BYTES + index * WORD_BYTES;
    this.#pieces = layout.pieces;
    this.#readLate = readLate;
    this.#wordOffsets = new Map(layout.words.map((name, index) => [name, offsetOf(index)]));
    this.#piecesOffset = offsetOf(layout.words.length);
    this.#fixedBytes = this.#piecesOffset + layout.pieces.length * PIECE_BYTES;
  }

  /** Goes to the record of `length` bytes at `start`. Throws `BrokenRecordError` and stays where it was. */
  present(view: DataView, start: number, length: number): void {
    if (start < 0 || length < this.#fixedBytes || start + length > view.byteLength) broken('is too short');
    if (view.getUint32(start + 4, LITTLE_ENDIAN) !== RECORD_KIND.event) broken('is of another kind');
    const ownLength = view.getUint32(start + 28, LITTLE_ENDIAN);
    if (ownLength < this.#fixedBytes || ownLength > length) broken('has another length');
    let entry = start + this.#piecesOffset;
    for (const piece of this.#pieces) {
      const status = view.getInt32(entry + 8, LITTLE_ENDIAN);
      checkPiece(piece, status, view.getUint32(entry + 12, LITTLE_ENDIAN), this.#fixedBytes, ownLength);
      entry += PIECE_BYTES;
    }
    this.#view = view;
    this.#start = start;
  }

  get monotonicNs(): bigint {
    return this.#view.getBigUint64(this.#start + 8, LITTLE_ENDIAN);
  }

  get pid(): number {
    return this.#view.getUint32(this.#start + 16, LITTLE_ENDIAN);
  }

  get tid(): number {
    return this.#view.getUint32(this.#start + 20, LITTLE_ENDIAN);
  }

  get cpu(): number {
    return this.#view.getUint32(this.#start + 24, LITTLE_ENDIAN);
  }

  word(name: WordName): Int64 | undefined {
    const offset = this.#wordOffsets.get(name);
    return offset === undefined ? undefined : readLong(this.#view, this.#start + offset);
  }

  readMemory(space: Space, address: Int64, size: number): MemoryRead {
    if (size <= 0) return '';
    let fault = 0;
    for (let index = 0; index < this.#pieces.length; index += 1) {
      const piece = this.#pieces[index];
      if (piece?.space !== space || piece.kind === 'stack') continue;
      const status = this.#status(index);
      const skipped = Number(sub(address, this.#address(index)));
      if (status >= 0 && skipped >= 0 && skipped + size <= knownBytes(piece, status))
        return this.#known(index, skipped, size);
      // A part of a range that failed may still be readable; what holds the whole range is not.
      const covers = piece.kind === 'bytes' && skipped <= 0 && skipped + size >= piece.size;
      if (status < 0 && covers) fault = status;
    }
    if (fault < 0 && space === 'kernel') return fault;
    return orFault(this.#late(space, address, size), fault);
  }

  readString(space: Space, address: Int64, max: number): MemoryRead {
    if (max <= 1) return '';
    let fault = 0;
    for (let index = 0; index < this.#pieces.length; index += 1) {
      const piece = this.#pieces[index];
      if (piece?.space !== space || piece.kind === 'stack') continue;
      const status = this.#status(index);
      const skipped = Number(sub(address, this.#address(index)));
      if (status < 0 && piece.kind === 'string' && skipped === 0 && max >= piece.size) fault = status;
      const known = status < 0 ? 0 : knownBytes(piece, status) - skipped;
      if (skipped < 0 || known <= 0) continue;
      const text = this.#known(index, skipped, Math.min(known, max - 1));
      const end = text.indexOf('\0');
      if (end >= 0) return text.slice(0, end);
      if (text.length === max - 1) return text;
    }
    if (fault < 0 && space === 'kernel') return fault;
    return orFault(
      readLateString((from, size) => this.#late(space, from, size), address, max),
      fault,
    );
  }

  stack(space: Space): readonly Int64[] {
    const index = this.#pieces.findIndex((piece) => piece.kind === 'stack' && piece.space === space);
    const frames = index < 0 ? 0 : Math.max(0, this.#status(index)) / WORD_BYTES;
    return Array.from({ length: frames }, (_, frame) =>
      readLong(this.#view, this.#data(index) + frame * WORD_BYTES),
    );
  }

  #late(space: Space, address: Int64, size: number): MemoryRead {
    const read = this.#readLate(space, this.pid, address, size);
    return typeof read === 'string' && read.length !== size ? -EFAULT : read;
  }

  /** Bytes of a piece; the NUL that ends a string is not in its data. */
  #known(index: number, skipped: number, size: number): string {
    const from = this.#data(index) + skipped;
    const stored = Math.min(size, this.#status(index) - skipped);
    let text = '';
    for (let offset = 0; offset < stored; offset += 1)
      text += String.fromCharCode(this.#view.getUint8(from + offset));
    return stored < size ? `${text}\0` : text;
  }

  #entry(index: number): number {
    return this.#start + this.#piecesOffset + index * PIECE_BYTES;
  }

  #address(index: number): Int64 {
    return readLong(this.#view, this.#entry(index));
  }

  #status(index: number): number {
    return this.#view.getInt32(this.#entry(index) + 8, LITTLE_ENDIAN);
  }

  #data(index: number): number {
    return this.#start + this.#view.getUint32(this.#entry(index) + 12, LITTLE_ENDIAN);
  }
}

/** How many bytes from the start of a piece are known: of a string that ended in time, its NUL too. */
function knownBytes(piece: CapturedPiece, status: number): number {
  return piece.kind === 'string' && status < piece.size - 1 ? status + 1 : status;
}

/**
 * A page of a process that was not in memory cannot be read at the event: what cannot be captured is read late. The fault
 * of the event is what counts when that fails too.
 */
function orFault(late: MemoryRead, fault: number): MemoryRead {
  return typeof late !== 'string' && fault < 0 ? fault : late;
}

function checkPiece(
  piece: CapturedPiece,
  status: number,
  offset: number,
  fixedBytes: number,
  recordBytes: number,
): void {
  if (status < -MAX_ERRNO) broken('has an impossible fault');
  if (status < 0) return;
  const most = piece.kind === 'string' ? piece.size - 1 : piece.size;
  if (status > most || (piece.kind === 'stack' && status % WORD_BYTES !== 0)) broken('has a piece too long');
  if (status > 0 && (offset < fixedBytes || offset + status > recordBytes)) broken('has a piece outside');
}

function broken(what: string): never {
  throw new BrokenRecordError(`a record of the kernel ${what}`);
}
