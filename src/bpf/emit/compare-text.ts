import type { JumpOperator } from '../instructions.ts';
import type { LongExpression, StringExpression } from '../ir.ts';
import type { Emission } from './emission.ts';
import { literalWords, withText } from './text-expression.ts';
import { wordsOf } from './text-place.ts';
import type { TextPlace } from './text-place.ts';

type Comparison = Extract<LongExpression, { kind: 'compare-strings' }>;
type Operator = Comparison['operator'];

/** Unsigned comparisons of the first words that differ, most significant byte first. */
const ORDERS: Readonly<Record<Operator, JumpOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
const MIRRORED: Readonly<Record<Operator, Operator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};
const LOW_BITS = 0x0101_0101_0101_0101n;
const HIGH_BITS = BigInt.asIntN(64, 0x8080_8080_8080_8080n);

/** Writes r0 = 1 when the comparison of two texts, byte by byte, holds, else 0. */
export function writeComparison(emission: Emission, { operator, left, right }: Comparison): void {
  if (right.kind === 'literal') compareWithLiteral(emission, operator, left, right.text);
  else if (left.kind === 'literal') compareWithLiteral(emission, MIRRORED[operator], right, left.text);
  else
    withText(emission, left, (first) => {
      withText(emission, right, (second) => {
        comparePlaces(emission, operator, first, second);
      });
    });
}

function compareWithLiteral(
  emission: Emission,
  operator: Operator,
  text: StringExpression,
  literal: string,
): void {
  const { assembler } = emission;
  withText(emission, text, ({ base, offset, capacity }) => {
    const differ = assembler.newLabel('differ');
    const shown = literal.slice(0, emission.target.maxStringLength - 1);
    for (const [index, word] of literalWords(shown).slice(0, wordsOf(capacity)).entries()) {
      assembler.load(8, 'r1', base, offset + index * 8);
      assembler.constant('r2', word);
      assembler.jumpIf('!=', 'r1', 'r2', differ);
    }
    writeOutcome(emission, operator, differ);
  });
}

function comparePlaces(emission: Emission, operator: Operator, first: TextPlace, second: TextPlace): void {
  const { assembler } = emission;
  const differ = assembler.newLabel('differ');
  const next = assembler.newLabel('next word');
  const same = assembler.newLabel('same');
  const words = wordsOf(Math.min(first.capacity, second.capacity));
  assembler.alu('=', 'r0', 0);
  assembler.constant('r4', LOW_BITS);
  assembler.constant('r5', HIGH_BITS);
  assembler.bind(next);
  for (const [register, place] of [
    ['r1', first],
    ['r2', second],
  ] as const) {
    assembler.alu('=', 'r3', place.base);
    assembler.alu('+=', 'r3', 'r0');
    assembler.load(8, register, 'r3', place.offset);
  }
  assembler.jumpIf('!=', 'r1', 'r2', differ);
  // Behind the NUL nothing counts: ((word - 0x01…) & ~word & 0x80…) tells whether there is one.
  assembler.alu('=', 'r3', 'r1');
  assembler.alu('-=', 'r3', 'r4');
  assembler.alu('^=', 'r1', -1);
  assembler.alu('&=', 'r3', 'r1');
  assembler.alu('&=', 'r3', 'r5');
  assembler.jumpIf('!=', 'r3', 0, same);
  assembler.alu('+=', 'r0', 8);
  assembler.jumpIf('<', 'r0', words * 8, next);
  assembler.bind(same);
  writeOutcome(emission, operator, differ);
}

/** What comes here has found the texts equal, what goes to `differ` two different words in r1 and r2. */
function writeOutcome(
  { assembler }: Emission,
  operator: Operator,
  differ: ReturnType<Emission['error']>,
): void {
  const done = assembler.newLabel('compared');
  const holdsForEqual = operator === '==' || operator === '<=' || operator === '>=';
  assembler.alu('=', 'r0', holdsForEqual ? 1 : 0);
  assembler.jump(done);
  assembler.bind(differ);
  if (operator === '==' || operator === '!=') assembler.alu('=', 'r0', operator === '==' ? 0 : 1);
  else {
    assembler.bigEndian('r1');
    assembler.bigEndian('r2');
    assembler.alu('=', 'r0', 1);
    assembler.jumpIf(ORDERS[operator], 'r1', 'r2', done);
    assembler.alu('=', 'r0', 0);
  }
  assembler.bind(done);
}
