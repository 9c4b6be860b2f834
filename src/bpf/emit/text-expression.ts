import type { StringExpression } from '../ir.ts';
import type { Register } from '../registers.ts';
import { addressOf } from './emission.ts';
import type { Emission } from './emission.ts';
import { ORDER_BYTES } from './global-shape.ts';
import { capacityOf, withRoomForText, wordsOf, writeZeros } from './text-place.ts';
import type { TextPlace } from './text-place.ts';

const COMM_BYTES = 16;

/** See Emission.text. */
export function writeText(
  emission: Emission,
  text: StringExpression,
  place: TextPlace,
  wantsLength: boolean,
): void {
  const { assembler } = emission;
  switch (text.kind) {
    case 'literal':
      writeLiteral(emission, text.text, place);
      return;
    case 'execname':
      writeCommand(emission, place, wantsLength);
      return;
    case 'read-string': {
      const { address, space, size, onFault } = text;
      const reader = space === 'kernel' ? 'probe_read_kernel_str' : 'probe_read_user_str';
      writeCopy(
        emission,
        place,
        size,
        () => {
          emission.long(address, 'r3', ['r0', 'r1', 'r2', 'r4', 'r5']);
          if (onFault !== undefined) assembler.store(8, 'r10', emission.errorArgument(), 'r3');
        },
        reader,
        onFault,
      );
      return;
    }
    case 'local-string': {
      const local = emission.stringLocal(text.slot);
      writeCopy(emission, place, local.capacity, () => {
        addressOf(assembler, 'r3', local.base, local.offset);
      });
      return;
    }
    case 'string-element':
      writeElementText(emission, text, place);
      return;
    case 'string-conditional': {
      const otherwise = assembler.newLabel('otherwise');
      const done = assembler.newLabel('chosen');
      emission.jumpWhen(text.condition, false, otherwise);
      writeText(emission, text.consequent, place, wantsLength);
      assembler.jump(done);
      assembler.bind(otherwise);
      writeText(emission, text.alternate, place, wantsLength);
      assembler.bind(done);
    }
  }
}

/** Has the text in some place while `write` runs. */
export function withText<T>(emission: Emission, text: StringExpression, write: (place: TextPlace) => T): T {
  if (text.kind === 'local-string') return write(emission.stringLocal(text.slot));
  return withRoomForText(emission, capacityOf(emission, text), (place) => {
    writeText(emission, text, place, false);
    return write(place);
  });
}

/** Writes r0 = number of bytes of the text. */
export function writeTextLength(emission: Emission, text: StringExpression): void {
  withRoomForText(emission, capacityOf(emission, text), (place) => {
    writeText(emission, text, place, true);
  });
}

function writeCommand(emission: Emission, place: TextPlace, wantsLength: boolean): void {
  const { assembler, frame } = emission;
  const get = (base: Register, offset: number): void => {
    addressOf(assembler, 'r1', base, offset);
    assembler.alu('=', 'r2', COMM_BYTES);
    assembler.call('get_current_comm');
  };
  // The kernel fills all bytes of a name.
  if (!wantsLength && place.capacity >= COMM_BYTES) {
    if (place.isFilled) writeZeros(assembler, place.base, place.offset, place.capacity);
    get(place.base, place.offset);
    return;
  }
  frame.scoped(COMM_BYTES, (offset) => {
    get('r10', offset);
    writeCopy(emission, place, COMM_BYTES, () => {
      addressOf(assembler, 'r3', 'r10', offset);
    });
  });
}

function writeLiteral({ assembler }: Emission, text: string, place: TextPlace): void {
  const shown = text.slice(0, place.capacity - 1);
  const words = literalWords(shown);
  if (place.isFilled) writeZeros(assembler, place.base, place.offset, place.capacity);
  for (const [index, word] of words.entries()) {
    assembler.constant('r1', word);
    assembler.store(8, place.base, place.offset + index * 8, 'r1');
  }
  assembler.alu('=', 'r0', shown.length);
}

/** The bytes of a text and its NUL as they lie in memory, in words of 8 bytes. */
export function literalWords(text: string): readonly bigint[] {
  return Array.from({ length: wordsOf(text.length + 1) }, (_, word) => {
    let value = 0n;
    for (let byte = 7; byte >= 0; byte -= 1) {
      const code = text.charCodeAt(word * 8 + byte);
      value = (value << 8n) | BigInt(Number.isNaN(code) ? 0 : code & 0xff);
    }
    return BigInt.asIntN(64, value);
  });
}

function writeElementText(
  emission: Emission,
  { global, keys }: Extract<StringExpression, { kind: 'string-element' }>,
  place: TextPlace,
): void {
  const { assembler, frame } = emission;
  frame.scoped(8, (pointer) => {
    emission.lookup(global, keys);
    // An element that is not there has no text: nothing is read from address 0.
    assembler.store(8, 'r10', pointer, 'r0');
    writeCopy(emission, place, capacityOf(emission, { kind: 'string-element', global, keys }), () => {
      assembler.load(8, 'r3', 'r10', pointer);
      const isMissing = assembler.newLabel('missing');
      assembler.jumpIf('==', 'r3', 0, isMissing);
      assembler.alu('+=', 'r3', ORDER_BYTES);
      assembler.bind(isMissing);
    });
  });
}

/** Copies a text from the address that `writeAddress` puts into r3; r0 = its bytes, 0 when it cannot be read. */
function writeCopy(
  emission: Emission,
  place: TextPlace,
  size: number,
  writeAddress: () => void,
  reader: 'probe_read_kernel_str' | 'probe_read_user_str' = 'probe_read_kernel_str',
  onFault?: number,
): void {
  const { assembler } = emission;
  const { base, offset, capacity, isFilled } = place;
  if (isFilled) writeZeros(assembler, base, offset, capacity);
  writeAddress();
  addressOf(assembler, 'r1', base, offset);
  assembler.alu('=', 'r2', Math.min(size, capacity));
  assembler.call(reader);
  if (onFault !== undefined) assembler.jumpIf('s<', 'r0', 0, emission.error(onFault));
  const done = assembler.newLabel('copied');
  const isThere = assembler.newLabel('text');
  assembler.jumpIf('s>', 'r0', 0, isThere);
  if (!isFilled) assembler.store(8, base, offset, 0);
  assembler.alu('=', 'r0', 0);
  assembler.jump(done);
  assembler.bind(isThere);
  assembler.alu('+=', 'r0', -1);
  // The verifier is told what holds anyway.
  assembler.jumpIf('>', 'r0', capacity - 1, done);
  if (!isFilled) {
    addressOf(assembler, 'r1', base, offset);
    assembler.alu('+=', 'r1', 'r0');
    assembler.store(8, 'r1', 0, 0);
  }
  assembler.bind(done);
}
