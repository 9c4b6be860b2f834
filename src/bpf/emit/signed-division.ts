import type { Assembler } from '../assembler.ts';
import type { Register } from '../registers.ts';

/**
 * dividend = dividend / divisor (or the remainder) as C has it for 64 bits; the least value divided by -1 is itself.
 * The machine divides without signs only. Changes `divisor`, which must not be 0.
 */
export function writeSignedDivision(
  assembler: Assembler,
  operator: '/' | '%',
  dividend: Register,
  divisor: Register,
): void {
  const divide = operator === '/' ? '/=' : '%=';
  const divisorPositive = assembler.newLabel('divisor');
  const plain = assembler.newLabel('plain');
  const negated = assembler.newLabel('negated');
  const done = assembler.newLabel('divided');
  assembler.jumpIf('s>=', divisor, 0, divisorPositive);
  assembler.negate(divisor);
  // A quotient is negative when one of both is; a remainder has the sign of the dividend.
  assembler.jumpIf('s>=', dividend, 0, operator === '/' ? negated : plain);
  assembler.negate(dividend);
  if (operator === '/') assembler.jump(plain);
  else assembler.jump(negated);
  assembler.bind(divisorPositive);
  assembler.jumpIf('s>=', dividend, 0, plain);
  assembler.negate(dividend);
  assembler.bind(negated);
  assembler.alu(divide, dividend, divisor);
  assembler.negate(dividend);
  assembler.jump(done);
  assembler.bind(plain);
  assembler.alu(divide, dividend, divisor);
  assembler.bind(done);
}
