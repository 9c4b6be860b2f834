import type { Int64 } from '../../int64/int64.ts';
import type { RecordLayout } from '../../module/event-record.ts';
import type { HandlerPlacement, KernelPart } from '../../module/kernel-part.ts';
import type { Limits } from '../../module/limits.ts';
import { isKernelEvent } from '../../module/probe-event.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import type { CheckedProgram } from '../../semantic/program.ts';
import type { CaptureBody, LongExpression } from '../ir.ts';
import { planCaptures } from './captures.ts';
import type { EventSource } from './event-source.ts';
import { logical } from './fold.ts';
import { wellKnownMaps } from './kernel-maps.ts';
import { probeSites, type ProbeSite } from './probe-sites.ts';
import type { Architecture } from './site-source.ts';
import { chainSyscalls, standalone } from './syscall-chains.ts';
import { writePrograms, type PlannedSite } from './write-programs.ts';

/** What decides the kernel half of a module besides the program. */
export interface KernelPlanOptions {
  readonly environment: ProbeEnvironment;
  readonly limits: Limits;
  /** `-D STP_BPF`: handlers run in the kernel where they can, never, or the script is refused. */
  readonly mode: 'auto' | 'never' | 'always';
  readonly architecture: Architecture;
  /** `-s`, megabytes. */
  readonly ringMegabytes?: number;
  /** Inode number of a file; undefined when there is none. */
  readonly inodeOf: (path: string) => Int64 | undefined;
}

/** A place of the probe with that index in the module. */
interface PlaceOfProbe {
  readonly probe: number;
  readonly place: ProbeSite;
}

/** What runs in the kernel for a checked program; undefined when no probe of it fires there. */
export function planKernelPart(program: CheckedProgram, options: KernelPlanOptions): KernelPart | undefined {
  const places: PlaceOfProbe[] = [];
  const placements: Record<number, HandlerPlacement> = {};
  for (const [probe, { event }] of program.probes.entries()) {
    if (!isKernelEvent(event)) continue;
    places.push(...probeSites(event, options).map((place) => ({ probe, place })));
    placements[probe] = { where: 'deferred', reason: 'handlers run in the engine' };
  }
  if (Object.keys(placements).length === 0) return undefined;
  const chains = chainSyscalls(places.map(({ place }) => place));
  const sites = places.map(({ probe, place }, index): PlannedSite => {
    const link = chains.links.get(index);
    const attached = link === undefined ? standalone(place) : place;
    const capture = planPlace(program, probe, attached, places);
    return { probe, place: attached, link: link ?? {}, capture };
  });
  const maps = wellKnownMaps({
    probes: program.probes.length,
    scalars: 0,
    ringMegabytes: options.ringMegabytes,
    chainedSyscalls: chains.slots,
  });
  const layouts: Record<number, RecordLayout> = {};
  for (const { probe, capture } of sites) layouts[probe] = capture.layout;
  return {
    release: options.environment.kernel.release,
    maps,
    ...writePrograms(sites, {
      architecture: options.architecture,
      maps,
      globals: [],
      maxStringLength: options.limits.MAXSTRINGLEN,
    }),
    layouts,
    placements,
    globals: [],
    prints: [],
    errors: [],
  };
}

/** All places of a probe capture the same, so that its records have one layout. */
function planPlace(
  { probes, bindings }: CheckedProgram,
  probe: number,
  place: ProbeSite,
  places: readonly PlaceOfProbe[],
): CaptureBody {
  const derived = probes[probe];
  if (derived === undefined) throw new RangeError(`the program has no probe ${probe}`);
  const others = places.filter((other) => other.probe === probe && other.place !== place);
  const source: EventSource = {
    word: (name) =>
      others.every((other) => other.place.source.word(name) !== undefined)
        ? place.source.word(name)
        : undefined,
  };
  return guarded(planCaptures(derived, bindings, source), place.guard);
}

function guarded(capture: CaptureBody, guard: LongExpression | undefined): CaptureBody {
  if (guard === undefined) return capture;
  return { ...capture, filter: capture.filter ? logical('&&', guard, capture.filter) : guard };
}
