import type { CompositeExpression, Emission } from './emission.ts';
import { ORDER_BYTES } from './global-shape.ts';
import { writeComparison } from './compare-text.ts';
import { writeTextLength } from './text-expression.ts';

/** See Emission.composite. */
export function writeComposite(emission: Emission, expression: CompositeExpression): void {
  const { assembler } = emission;
  switch (expression.kind) {
    case 'compare-strings':
      writeComparison(emission, expression);
      return;
    case 'string-length':
      writeTextLength(emission, expression.operand);
      return;
    case 'element': {
      const missing = assembler.newLabel('missing');
      emission.lookup(expression.global, expression.keys);
      assembler.jumpIf('==', 'r0', 0, missing);
      assembler.load(8, 'r0', 'r0', ORDER_BYTES);
      assembler.bind(missing);
      return;
    }
    case 'contains': {
      const missing = assembler.newLabel('missing');
      emission.lookup(expression.global, expression.keys);
      assembler.jumpIf('==', 'r0', 0, missing);
      assembler.alu('=', 'r0', 1);
      assembler.bind(missing);
    }
  }
}
