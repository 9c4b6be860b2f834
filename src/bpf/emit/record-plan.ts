import { PIECE_BYTES, RECORD_HEADER_BYTES } from '../../module/event-record.ts';
import type { CapturedPiece } from '../../module/event-record.ts';
import type { CaptureBody, PieceSource } from '../ir.ts';

const WORD_BYTES = 8;
/** Pieces of unknown length get all the room they may need as long as that wastes no more. */
const MOST_WASTED_BYTES = 64;

/** A piece and where it goes in the record. */
export interface PlacedPiece {
  readonly piece: CapturedPiece;
  readonly source: PieceSource;
  /** Of its entry. */
  readonly entry: number;
  /** Of its data; when it lies behind pieces of unknown length, plus their bytes, which are `mostBefore` at most. */
  readonly at: number;
  readonly mostBefore: number | undefined;
}

export interface RecordPlan {
  /** Those of known length first. */
  readonly pieces: readonly PlacedPiece[];
  /** Length of the record; with `isFixed` off, plus the bytes of the pieces of unknown length. */
  readonly bytes: number;
  readonly isFixed: boolean;
  /** Bytes that pieces of unknown length may take. */
  readonly mostVariableBytes: number;
}

/** Where everything goes in the record of a capture. */
export function planRecord({ layout, words, pieces }: CaptureBody): RecordPlan {
  const entries = RECORD_HEADER_BYTES + words.length * WORD_BYTES;
  const all = layout.pieces.flatMap((piece, index) => {
    const source = pieces[index];
    return source === undefined ? [] : [{ piece, source, entry: entries + index * PIECE_BYTES }];
  });
  if (all.length !== pieces.length) throw new RangeError('the layout of a capture has other pieces');
  const variable = all.filter(({ piece }) => piece.kind !== 'bytes');
  const fixed = all.filter(({ piece }) => piece.kind === 'bytes');
  const mostVariableBytes = variable.reduce((sum, { piece }) => sum + roomFor(piece), 0);
  const isFixed = mostVariableBytes <= MOST_WASTED_BYTES;
  const placed: PlacedPiece[] = [];
  let bytes = entries + all.length * PIECE_BYTES;
  for (const item of isFixed ? all : fixed) {
    placed.push({ ...item, at: bytes, mostBefore: undefined });
    bytes += roomFor(item.piece);
  }
  let mostBefore = 0;
  for (const item of isFixed ? [] : variable) {
    placed.push({ ...item, at: bytes, mostBefore });
    mostBefore += roomFor(item.piece);
  }
  return { pieces: placed, bytes, isFixed, mostVariableBytes };
}

/** Data of pieces begin at multiples of 8. */
function roomFor({ size }: CapturedPiece): number {
  return Math.ceil(size / 8) * 8;
}
