import { visitStatement } from '../../ast/walk.ts';
import type { Expression } from '../../ast/expression.ts';
import type { HandlerPlacement } from '../../module/kernel-part.ts';
import type { Limits } from '../../module/limits.ts';
import { isKernelEvent } from '../../module/probe-event.ts';
import type { CheckedProgram, VariableSymbol } from '../../semantic/program.ts';
import type { KernelProgramSource, KernelValue } from '../ir.ts';
import { ByHandler } from './by-handler.ts';
import { keyWidths, MOST_KEY_BYTES } from './kernel-globals.ts';
import { KernelTables, type GlobalUse } from './lower/global-table.ts';
import { lowerHandler } from './lower/lower-handler.ts';
import type { ProbeSite } from './probe-sites.ts';
import { scriptUses, type ScriptUse } from './script-uses.ts';

/** A place of the probe with that index in the module. */
export interface PlaceOfProbe {
  readonly probe: number;
  readonly place: ProbeSite;
}

/** Where handlers run. */
export interface Placed {
  readonly placements: Readonly<Record<number, HandlerPlacement>>;
  /** Handlers in the kernel, by index of the place. */
  readonly handlers: ReadonlyMap<number, NonNullable<KernelProgramSource['handler']>>;
  readonly tables: KernelTables;
  /** Globals in the kernel that JavaScript handlers write as well. */
  readonly writtenByScript: ReadonlySet<VariableSymbol>;
  /** Handlers of the engine that change what they read of globals in the kernel, by index of the probe. */
  readonly pausing: ReadonlySet<number>;
}

/** What decides where handlers run. */
export interface PlacementOptions {
  readonly limits: Limits;
  readonly mode: 'auto' | 'never' | 'always';
  /** Offset in the cells of the first scalar. */
  readonly firstScalar: number;
  /** Probes that cannot be in the kernel for a reason found later, by index. */
  readonly excluded: ReadonlyMap<number, string>;
}

/** Uses of globals by script code, of every probe of the program. */
type UsesOfScript = readonly ReadonlyMap<VariableSymbol, ScriptUse>[];

/**
 * Decides for each probe of the kernel whether its handler runs there. It does when the handler has a form for the kernel and
 * nothing that it shares with others can race (decision 7): updates that commute, arrays by thread, globals that only
 * JavaScript handlers write.
 */
export function placeHandlers(
  program: CheckedProgram,
  places: readonly PlaceOfProbe[],
  options: PlacementOptions,
): Placed {
  const uses = program.probes.map((probe) => scriptUses(probe, program.bindings));
  const deferred = new Map<number, string>(options.excluded);
  const trials = new Map<number, readonly GlobalUse[]>();
  const lowering = {
    limits: options.limits,
    variances: variancesOf(program),
    refusals: new ByHandler<string>(),
  };
  const byProbe = placesByProbe(places);
  for (const [probe, own] of byProbe) {
    if (options.mode === 'never') deferred.set(probe, 'is kept out of the kernel by -D STP_BPF=never');
    if (deferred.has(probe)) continue;
    const trial = lowerProbe(program, probe, own, lowering, new KernelTables(program, options.firstScalar));
    if ('reason' in trial) deferred.set(probe, trial.reason);
    else trials.set(probe, trial.uses);
  }
  settle(program, uses, trials, deferred, options);
  const tables = new KernelTables(program, options.firstScalar);
  const handlers = new Map<number, NonNullable<KernelProgramSource['handler']>>();
  for (const probe of trials.keys()) {
    const lowered = lowerProbe(program, probe, byProbe.get(probe) ?? [], lowering, tables);
    if ('reason' in lowered) throw new RangeError(`a handler was lowered once only: ${lowered.reason}`);
    for (const [place, handler] of lowered.handlers) handlers.set(place, handler);
  }
  const placements: Record<number, HandlerPlacement> = {};
  for (const { probe } of places) {
    const reason = deferred.get(probe);
    placements[probe] = reason === undefined ? { where: 'kernel' } : { where: 'deferred', reason };
  }
  return { placements, handlers, tables, ...sharedWithScript(uses, tables, new Set(trials.keys())) };
}

type Lowered =
  | { readonly reason: string }
  | {
      readonly uses: readonly GlobalUse[];
      readonly handlers: ReadonlyMap<number, NonNullable<KernelProgramSource['handler']>>;
    };

/** What all handlers of a program are lowered with. */
interface Lowering extends Pick<PlacementOptions, 'limits'> {
  readonly variances: ReadonlySet<VariableSymbol>;
  /** Why handlers cannot be in the kernel. */
  readonly refusals: ByHandler<string>;
}

/** The places of one probe with their indexes. */
type PlacesOfOne = readonly (readonly [index: number, place: ProbeSite])[];

function placesByProbe(places: readonly PlaceOfProbe[]): ReadonlyMap<number, PlacesOfOne> {
  const byProbe = new Map<number, (readonly [number, ProbeSite])[]>();
  for (const [index, { probe, place }] of places.entries()) {
    const own = byProbe.get(probe);
    if (own === undefined) byProbe.set(probe, [[index, place]]);
    else own.push([index, place]);
  }
  return byProbe;
}

/** The handler of a probe for each of its places. */
function lowerProbe(
  program: CheckedProgram,
  probe: number,
  places: PlacesOfOne,
  { limits, variances, refusals }: Lowering,
  tables: KernelTables,
): Lowered {
  const derived = program.probes[probe];
  if (derived === undefined) throw new RangeError(`the program has no probe ${probe}`);
  const handlers = new Map<number, NonNullable<KernelProgramSource['handler']>>();
  const before = tables.uses.length;
  for (const [index, place] of places) {
    const facts = {
      bindings: program.bindings,
      limits,
      source: place.source,
      tables,
      probe,
      derived,
      variances,
    };
    const refusal = refusals.get(derived, place.source);
    const lowered = refusal === undefined ? lowerHandler(facts) : { reason: refusal };
    if ('reason' in lowered) {
      refusals.set(derived, place.source, lowered.reason);
      return lowered;
    }
    handlers.set(index, lowered.handler);
  }
  return { uses: tables.uses.slice(before), handlers };
}

/** Takes handlers out of the kernel until none of those that are left can race. */
function settle(
  program: CheckedProgram,
  uses: UsesOfScript,
  inKernel: Map<number, readonly GlobalUse[]>,
  deferred: Map<number, string>,
  { limits }: PlacementOptions,
): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const symbol of new Set([...inKernel.values()].flat().map((use) => use.symbol))) {
      const reason = problemOf(program, symbol, uses, inKernel, limits);
      if (reason === undefined) continue;
      changed = true;
      for (const [probe, own] of [...inKernel]) {
        if (!own.some((use) => use.symbol === symbol)) continue;
        inKernel.delete(probe);
        deferred.set(probe, reason);
      }
    }
  }
}

/** Why a global cannot be in the kernel, after the handler; undefined when it can. */
function problemOf(
  { probes }: CheckedProgram,
  symbol: VariableSymbol,
  uses: UsesOfScript,
  inKernel: ReadonlyMap<number, readonly GlobalUse[]>,
  limits: Limits,
): string | undefined {
  const { name } = symbol;
  const own = [...inKernel.values()].flat().filter((use) => use.symbol === symbol);
  if (symbol.arity !== undefined && symbol.arity > 0) {
    const bytes = keyWidths(symbol, own, limits, isWrittenByScript(symbol, uses, inKernel));
    if (bytes.reduce((sum, width) => sum + width, 0) > MOST_KEY_BYTES) return `uses long keys of ${name}`;
  }
  const atEvents = joined(symbol, uses, (probe) => {
    const event = probes[probe]?.event;
    return event !== undefined && isKernelEvent(event) && !inKernel.has(probe);
  });
  const kinds = new Set(own.map((use) => use.kind));
  if (!kinds.has('read') && !kinds.has('write') && !kinds.has('delete'))
    return atEvents.reads || atEvents.writes || atEvents.deletes
      ? `uses ${name} as a handler does that cannot run in the kernel`
      : undefined;
  if (kinds.size === 1 && kinds.has('read'))
    return atEvents.adds || atEvents.writes || atEvents.deletes
      ? `reads ${name}, which a handler changes that cannot run in the kernel`
      : undefined;
  // Before the first event and after the last one nothing else runs.
  const elsewhere = joined(
    symbol,
    uses,
    (probe) => !inKernel.has(probe) && !ALONE.has(probes[probe]?.event.family ?? ''),
  );
  if (!isByThread(own)) return `reads and changes ${name}, as others may at the same time`;
  if (elsewhere.adds || elsewhere.reads || elsewhere.writes || elsewhere.deletes)
    return `uses ${name} by thread, which other handlers use as well`;
  return undefined;
}

/** Families of probes that run while no event is taken. */
const ALONE: ReadonlySet<string> = new Set(['begin', 'end', 'error', 'never']);

/** Every use has tid() at the same place among the keys. */
function isByThread(uses: readonly GlobalUse[]): boolean {
  const [first] = uses;
  return (first?.keys ?? []).some((_, position) => uses.every((use) => isThread(use.keys[position])));
}

function isThread(key: KernelValue | undefined): boolean {
  return key?.type === 'long' && key.value.kind === 'fact' && key.value.fact === 'tid';
}

function joined(symbol: VariableSymbol, uses: UsesOfScript, counts: (probe: number) => boolean): ScriptUse {
  const found = uses.flatMap((map, probe) => (counts(probe) ? (map.get(symbol) ?? []) : []));
  return {
    adds: found.some(({ adds }) => adds),
    reads: found.some(({ reads }) => reads),
    writes: found.some(({ writes }) => writes),
    deletes: found.some(({ deletes }) => deletes),
  };
}

function isWrittenByScript(
  symbol: VariableSymbol,
  uses: UsesOfScript,
  inKernel: ReadonlyMap<number, unknown>,
): boolean {
  const { adds, writes } = joined(symbol, uses, (probe) => !inKernel.has(probe));
  return adds || writes;
}

function sharedWithScript(
  uses: UsesOfScript,
  tables: KernelTables,
  inKernel: ReadonlySet<number>,
): Pick<Placed, 'writtenByScript' | 'pausing'> {
  const symbols = [...tables.globals.keys()];
  const placed = new Map([...inKernel].map((probe) => [probe, undefined]));
  const pausing = uses.flatMap((map, probe) => {
    const changes = (symbol: VariableSymbol): boolean => {
      const use = map.get(symbol);
      return use !== undefined && (use.writes || use.deletes);
    };
    return !inKernel.has(probe) && symbols.some(changes) ? [probe] : [];
  });
  return {
    writtenByScript: new Set(symbols.filter((symbol) => isWrittenByScript(symbol, uses, placed))),
    pausing: new Set(pausing),
  };
}

/** Statistics whose variance is asked for anywhere. */
function variancesOf(program: CheckedProgram): ReadonlySet<VariableSymbol> {
  const found = new Set<VariableSymbol>();
  const visit = (expression: Expression): true => {
    if (expression.kind === 'statistic' && expression.function === 'variance') {
      const { operand } = expression;
      const leaf = operand.kind === 'index' ? operand.base : operand;
      if (leaf.kind === 'variable') found.add(program.bindings.variable(leaf));
    }
    return true;
  };
  for (const probe of program.probes)
    for (const { body } of [probe, ...(probe.merged ?? [])]) visitStatement(body, { expression: visit });
  for (const { body } of program.functions)
    if (body.kind === 'script') visitStatement(body.block, { expression: visit });
  return found;
}
