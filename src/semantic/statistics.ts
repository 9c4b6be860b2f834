import type { Expression } from '../ast/expression.ts';
import { visitExpression, visitStatement } from '../ast/walk.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import type { Int64 } from '../int64/int64.ts';
import { bodiesOfProbes, forEachScriptFunction, type Draft } from './draft.ts';
import { semanticError } from './messages.ts';
import { variableOf } from './usage.ts';

const MAX_SHIFT = 62;

/**
 * Gives each statistic the histogram shape and the `@variance` shift that its extractors ask for; reports extractors
 * that ask for different ones.
 */
export function settleStatistics(draft: Draft, sink: DiagnosticSink): void {
  const shifts = new Map<object, Int64>();
  const visitor = {
    expression: (expression: Expression): boolean => {
      if (expression.kind === 'histogram') settleHistogram(draft, expression, sink);
      else if (expression.kind === 'statistic' && expression.function === 'variance')
        settleShift(draft, expression, shifts, sink);
      return true;
    },
  };
  for (const { body } of bodiesOfProbes(draft)) visitStatement(body, visitor);
  for (const { condition } of draft.probes) if (condition) visitExpression(condition, visitor);
  forEachScriptFunction(draft, (_, body) => visitStatement(body.block, visitor));
}

function settleHistogram(
  draft: Draft,
  histogram: Extract<Expression, { kind: 'histogram' }>,
  sink: DiagnosticSink,
): void {
  const leaf = variableOf(histogram.operand);
  if (leaf === undefined) return;
  const variable = draft.symbols.variable(leaf);
  const shape: HistogramShape =
    histogram.function === 'log'
      ? { kind: 'log' }
      : { kind: 'linear', low: histogram.low, high: histogram.high, width: histogram.width };
  if (variable.histogram === undefined) {
    variable.histogram = shape;
  } else if (!sameShape(variable.histogram, shape)) {
    const message = `multiple histogram types declared on '${variable.mangledName}'`;
    sink.report(semanticError('multiple-histograms', message, histogram.token));
  }
}

function sameShape(left: HistogramShape, right: HistogramShape): boolean {
  if (left.kind === 'log' || right.kind === 'log') return left.kind === right.kind;
  return left.low === right.low && left.high === right.high && left.width === right.width;
}

function settleShift(
  draft: Draft,
  statistic: Extract<Expression, { kind: 'statistic' }>,
  shifts: Map<object, Int64>,
  sink: DiagnosticSink,
): void {
  const { shift, token } = statistic;
  const leaf = variableOf(statistic.operand);
  if (leaf === undefined) return;
  const variable = draft.symbols.variable(leaf);
  const previous = shifts.get(variable);
  if (shift < 0 || shift > MAX_SHIFT) {
    const message = `bit shift (${shift}) out of range <0..${MAX_SHIFT}>`;
    sink.report(semanticError('bit-shift-range', message, token));
  } else if (previous !== undefined && previous !== shift) {
    const message = `conflicting bit shifts declared (previously ${previous})`;
    sink.report(semanticError('bit-shift-conflict', message, token));
  } else {
    shifts.set(variable, shift);
    variable.varianceShift = Number(shift);
  }
}
