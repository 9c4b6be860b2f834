import type { Expression } from '../ast/expression.ts';
import { visitExpression, visitStatement } from '../ast/walk.ts';
import type { CheckedProgram, VariableSymbol } from '../semantic/program.ts';
import { bodiesOf } from './call-graph.ts';

/** The bit shift of `@variance` for each variable whose variance the program asks for. */
export function varianceShifts(program: CheckedProgram): ReadonlyMap<VariableSymbol, number> {
  const shifts = new Map<VariableSymbol, number>();
  const note = (expression: Expression): undefined => {
    if (expression.kind !== 'statistic' || expression.function !== 'variance') return;
    const { operand } = expression;
    const leaf = operand.kind === 'index' ? operand.base : operand;
    if (leaf.kind === 'variable') shifts.set(program.bindings.variable(leaf), Number(expression.shift));
  };
  const bodies = program.probes.flatMap((probe) => bodiesOf(probe));
  for (const body of new Set(bodies.map((probe) => probe.body))) visitStatement(body, { expression: note });
  for (const { condition } of bodies) if (condition) visitExpression(condition, { expression: note });
  for (const { body } of program.functions) {
    if (body.kind === 'script') visitStatement(body.block, { expression: note });
  }
  return shifts;
}
