import type { Int64 } from '../../int64/int64.ts';
import type { RecordLayout } from '../../module/event-record.ts';
import type { HandlerPlacement, KernelPart } from '../../module/kernel-part.ts';
import type { Limits } from '../../module/limits.ts';
import { isKernelEvent } from '../../module/probe-event.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import type { CheckedProgram } from '../../semantic/program.ts';
import type { CaptureBody } from '../ir.ts';
import { ByHandler } from './by-handler.ts';
import { planCaptures } from './captures.ts';
import type { EventSource } from './event-source.ts';
import { planFiles } from './kernel-files.ts';
import { layOutGlobals } from './kernel-globals.ts';
import { firstScalarOffset, wellKnownMaps } from './kernel-maps.ts';
import { placeHandlers, type PlaceOfProbe, type Placed } from './placement.ts';
import { probeSites, type ProbeSite } from './probe-sites.ts';
import type { Architecture } from './site-source.ts';
import { chainSyscalls, standalone, type SyscallChains } from './syscall-chains.ts';
import { writeFiles } from './write-files.ts';
import { HandlerTooLargeError, writePrograms, type PlannedSite } from './write-programs.ts';

/** What decides the kernel half of a module besides the program. */
export interface KernelPlanOptions {
  readonly environment: ProbeEnvironment;
  readonly limits: Limits;
  /** `-D STP_BPF`: handlers run in the kernel where they can, never, or the script is refused. */
  readonly mode: 'auto' | 'never' | 'always';
  readonly architecture: Architecture;
  /** `-s`, megabytes. */
  readonly ringMegabytes?: number;
  /** Iterators serve the files that they can. */
  readonly iteratorFiles?: boolean;
  /** Inode number of a file; undefined when there is none. */
  readonly inodeOf: (path: string) => Int64 | undefined;
}

/** The kernel half of a module, and what the other half has to know about it. */
export interface KernelPlan {
  readonly part: KernelPart;
  /** Handlers of the engine that change what they read of globals in the kernel, by index of the probe. */
  readonly pausing: ReadonlySet<number>;
}

/** What runs in the kernel for a checked program; undefined when no probe of it fires there. */
export function planKernelPart(program: CheckedProgram, options: KernelPlanOptions): KernelPlan | undefined {
  const found = program.probes.flatMap(({ event }, probe) =>
    isKernelEvent(event) ? probeSites(event, options).map((place) => ({ probe, place })) : [],
  );
  if (!program.probes.some(({ event }) => isKernelEvent(event))) return undefined;
  const chains = chainSyscalls(found.map(({ place }) => place));
  const places = found.map(({ probe, place }, index) => ({
    probe,
    place: chains.links.has(index) ? place : standalone(place),
  }));
  const excluded = new Map<number, string>();
  for (;;) {
    const placed = placeHandlers(program, places, {
      limits: options.limits,
      mode: options.mode,
      firstScalar: firstScalarOffset(program.probes.length),
      excluded,
    });
    try {
      return { part: kernelPart(program, places, chains, placed, options), pausing: placed.pausing };
    } catch (error) {
      if (!(error instanceof HandlerTooLargeError)) throw error;
      excluded.set(error.probe, error.message);
    }
  }
}

/** @throws HandlerTooLargeError */
function kernelPart(
  program: CheckedProgram,
  places: readonly PlaceOfProbe[],
  chains: SyscallChains,
  { placements, handlers, tables, writtenByScript }: Placed,
  options: KernelPlanOptions,
): KernelPart {
  const { limits, architecture, ringMegabytes, environment } = options;
  const byProbe = new Map<number, ProbeSite[]>();
  for (const { probe, place } of places) {
    const own = byProbe.get(probe);
    if (own === undefined) byProbe.set(probe, [place]);
    else own.push(place);
  }
  const captures = new ByHandler<CaptureBody>();
  const sites = places.map(({ probe, place }, index): PlannedSite => {
    const handler = handlers.get(index);
    return {
      probe,
      place,
      link: chains.links.get(index) ?? {},
      capture: planPlace(program, probe, place, byProbe, captures),
      ...(handler && { handler }),
    };
  });
  const wellKnown = wellKnownMaps({
    probes: program.probes.length,
    scalars: tables.cells.size,
    ringMegabytes,
    chainedSyscalls: chains.slots,
  });
  const laidOut = layOutGlobals(program, tables, limits, writtenByScript, wellKnown.length);
  const maps = [...wellKnown, ...laidOut.maps];
  const { globals, histograms } = laidOut;
  const { MAXSTRINGLEN: maxStringLength } = limits;
  const target = { architecture, maps, globals, maxStringLength, histograms };
  const written = writePrograms(sites, target);
  const files =
    options.iteratorFiles === true
      ? writeFiles(planFiles(program, { limits, cells: tables.cells, placements }), {
          target,
          kernel: environment.kernel,
          first: written.programs.length,
        })
      : undefined;
  const layouts: Record<number, RecordLayout> = {};
  for (const { probe, capture } of sites) layouts[probe] = capture.layout;
  return {
    release: environment.kernel.release,
    maps,
    sites: written.sites,
    programs: [...written.programs, ...(files?.programs ?? [])],
    layouts,
    placements: allPlacements(program, placements),
    globals,
    prints: tables.prints,
    errors: tables.errors,
    ...(files && { files: files.files }),
  };
}

/** Probes without a place (counters that are only read) have no handler that could run. */
function allPlacements(
  { probes }: CheckedProgram,
  placements: KernelPart['placements'],
): KernelPart['placements'] {
  const all: Record<number, HandlerPlacement> = {};
  for (const [index, { event }] of probes.entries())
    if (isKernelEvent(event)) all[index] = placements[index] ?? { where: 'deferred', reason: 'never fires' };
  return all;
}

/** All places of a probe capture the same, so that its records have one layout. */
function planPlace(
  { probes, bindings }: CheckedProgram,
  probe: number,
  place: ProbeSite,
  places: ReadonlyMap<number, readonly ProbeSite[]>,
  known: ByHandler<CaptureBody>,
): CaptureBody {
  const derived = probes[probe];
  if (derived === undefined) throw new RangeError(`the program has no probe ${probe}`);
  const others = (places.get(probe) ?? []).filter((other) => other !== place);
  if (others.length === 0) {
    const capture = known.get(derived, place.source) ?? planCaptures(derived, bindings, place.source);
    known.set(derived, place.source, capture);
    return capture;
  }
  const source: EventSource = {
    word: (name) =>
      others.every((other) => other.source.word(name) !== undefined) ? place.source.word(name) : undefined,
  };
  return planCaptures(derived, bindings, source);
}
