import type { Expression } from '../../ast/expression.ts';
import type { Statement } from '../../ast/statement.ts';
import { childExpressions, childStatements, statementExpressions } from '../../ast/walk.ts';
import type { KernelPart } from '../../module/kernel-part.ts';
import type { Limits } from '../../module/limits.ts';
import { isKernelEvent } from '../../module/probe-event.ts';
import type {
  Bindings,
  CheckedProgram,
  DerivedProbe,
  FunctionSymbol,
  VariableSymbol,
} from '../../semantic/program.ts';
import type { FileSource } from '../ir.ts';
import { fileText } from './file-text.ts';
import { CannotLower, refuse } from './lower/cannot-lower.ts';

/** The file of a read probe: what an iterator writes for it, or why its handler has to. */
export type PlannedFile = { readonly probe: number; readonly path: string } & (
  { readonly source: FileSource } | { readonly reason: string }
);

/** What decides which files iterators can serve, besides the program. */
export interface FileSurroundings {
  readonly limits: Limits;
  /** Offsets of the globals in the cells. */
  readonly cells: ReadonlyMap<VariableSymbol, number>;
  /** Where the handlers of events run. */
  readonly placements: KernelPart['placements'];
}

/** Families of probes that run while there are no files. */
const ALONE: ReadonlySet<string> = new Set(['begin', 'end', 'error', 'never']);

/**
 * The files with a read probe. An iterator can serve one that nobody writes to and whose handler formats longs that are
 * in the cells. They must be changed there one at a time: a handler in the engine never shows what another one has half done.
 */
export function planFiles(program: CheckedProgram, surroundings: FileSurroundings): readonly PlannedFile[] {
  return program.probes.flatMap((derived, probe): readonly PlannedFile[] => {
    const { event } = derived;
    if (event.family !== 'procfs' || event.access !== 'read') return [];
    const { path } = event;
    try {
      return [{ probe, path, source: sourceOf(program, derived, probe, surroundings) }];
    } catch (error) {
      if (!(error instanceof CannotLower)) throw error;
      return [{ probe, path, reason: error.message }];
    }
  });
}

function sourceOf(
  program: CheckedProgram,
  derived: DerivedProbe,
  probe: number,
  { limits, cells, placements }: FileSurroundings,
): FileSource {
  const { event, condition, merged = [] } = derived;
  if (event.family !== 'procfs') return refuse('is of no file');
  if (/[^ -~]/.test(event.path)) refuse('has a file whose name is not ASCII');
  const others = program.probes.filter((other) => other !== derived && isOfFile(other, event.path));
  if (others.length > 0) refuse('shares its file with other probes');
  if (merged.length > 0) refuse('is several handlers of one point');
  if (condition !== undefined) refuse('has a condition');
  const { shown, mostBytes, parts, arguments: values } = fileText(derived, program);
  const offsets = shown.map(
    (symbol) => cells.get(symbol) ?? refuse(`shows ${symbol.name}, which is not in the kernel`),
  );
  const room = Math.min(Number(event.maxSize ?? limits.STP_PROCFS_BUFSIZE), limits.MAXSTRINGLEN);
  if (mostBytes >= room) refuse('may show more than the file holds');
  for (const [index, other] of program.probes.entries()) {
    if (other === derived || ALONE.has(other.event.family) || placements[index]?.where === 'kernel') continue;
    const changes = changesOf(other, shown, program.bindings);
    const [name] = changes;
    if (name === undefined) continue;
    if (isKernelEvent(other.event))
      refuse(`shows ${name}, which a handler changes that cannot run in the kernel`);
    if (changes.length > 1) refuse(`shows ${name}, which a handler changes in several steps`);
  }
  return { probe, cells: offsets, parts, arguments: values };
}

function isOfFile({ event }: DerivedProbe, path: string): boolean {
  return event.family === 'procfs' && event.path === path;
}

/** Names of those globals that a handler changes, once for each place where it does; places in loops count twice. */
function changesOf(
  probe: DerivedProbe,
  symbols: readonly VariableSymbol[],
  bindings: Bindings,
): readonly string[] {
  const found: string[] = [];
  const entered = new Set<FunctionSymbol>();

  function change(target: Expression, times: number): void {
    if (target.kind !== 'variable') return;
    const symbol = bindings.variable(target);
    if (symbols.includes(symbol)) for (let time = 0; time < times; time++) found.push(symbol.name);
  }

  function expression(node: Expression, times: number): void {
    if (node.kind === 'assignment') change(node.target, times);
    if (node.kind === 'update') change(node.operand, times);
    if (node.kind === 'call') {
      for (const symbol of bindings.functions(node.callee)) {
        if (symbol.body.kind !== 'script') continue;
        if (entered.has(symbol)) continue;
        entered.add(symbol);
        // It may be called more than once.
        statement(symbol.body.block, 2);
      }
    }
    for (const child of childExpressions(node)) expression(child, times);
  }

  function statement(node: Statement, times: number): void {
    const isLoop = node.kind === 'for' || node.kind === 'foreach';
    const inner = isLoop ? 2 : times;
    if (node.kind === 'foreach') for (const variable of node.keys) change(variable, 2);
    if (node.kind === 'foreach' && node.value !== undefined) change(node.value, 2);
    if (node.kind === 'delete') change(node.operand, inner);
    for (const child of statementExpressions(node)) expression(child, inner);
    for (const child of childStatements(node)) statement(child, inner);
  }

  for (const { body, condition } of [probe, ...(probe.merged ?? [])]) {
    statement(body, 1);
    if (condition !== undefined) expression(condition, 1);
  }
  return found;
}
