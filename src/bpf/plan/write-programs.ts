import type { KernelPart, KernelProgram, KernelSite } from '../../module/kernel-part.ts';
import { emitProgram, emitSyscallDispatch, type EmitContext } from '../emit/emit-program.ts';
import { UnwritableProgramError } from '../emit/unwritable-program-error.ts';
import type { CaptureBody, KernelProgramSource } from '../ir.ts';
import { valueKey } from './fold.ts';
import type { ProbeSite } from './probe-sites.ts';
import type { ChainLink } from './syscall-chains.ts';

/** A probe at one of its places, with everything that its program does. */
export interface PlannedSite {
  /** Index of the module's probe. */
  readonly probe: number;
  readonly place: ProbeSite;
  readonly link: ChainLink;
  readonly capture: CaptureBody;
  /** Absent: the handler is deferred. */
  readonly handler?: NonNullable<KernelProgramSource['handler']>;
}

/** The handler of a probe cannot be written as a kernel program; the message tells why, after the handler. */
export class HandlerTooLargeError extends Error {
  readonly probe: number;
  constructor(probe: number, message: string) {
    super(message);
    this.probe = probe;
  }
}

/** Most letters of a program's name. */
const NAME_LENGTH = 15;

/** The programs of all places and where they are attached; places whose programs are the same share one. */
export function writePrograms(
  sites: readonly PlannedSite[],
  context: EmitContext,
): Pick<KernelPart, 'programs' | 'sites'> {
  const programs: KernelProgram[] = [];
  const attached: KernelSite[] = [];
  for (const group of groupsOf(sites)) {
    const [first] = group;
    programs.push(writeProgram(first, group.length > 1, context));
    for (const site of group)
      attached.push({ ...siteOf(site), program: programs.length - 1, probe: site.probe });
  }
  for (const access of ['enter', 'exit'] as const) {
    const first = sites.find(({ place: { site } }) => site.kind === 'syscall' && site.access === access);
    if (first === undefined) continue;
    programs.push({
      name: `dispatch_${access}`,
      type: 'raw-tracepoint',
      ...emitSyscallDispatch(access, context),
    });
    attached.push({
      kind: 'tracepoint',
      program: programs.length - 1,
      probe: first.probe,
      name: `sys_${access}`,
    });
  }
  return { programs, sites: attached };
}

type Group = readonly [PlannedSite, ...PlannedSite[]];

/** Sites by program, in the order of their first one. */
function groupsOf(sites: readonly PlannedSite[]): readonly Group[] {
  const groups = new Map<unknown, [PlannedSite, ...PlannedSite[]]>();
  const captureKeys = new Map<CaptureBody, string>();
  for (const site of sites) {
    const { program, context, guard, isShared } = site.place;
    const capture = captureKeys.get(site.capture) ?? valueKey(site.capture);
    captureKeys.set(site.capture, capture);
    const key = isShared ? valueKey([program, context, guard, site.handler]) + capture : site;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [site]);
    else group.push(site);
  }
  return [...groups.values()];
}

function writeProgram(
  { probe, place, link, capture, handler }: PlannedSite,
  isShared: boolean,
  context: EmitContext,
): KernelProgram {
  const name = programName(probe, place);
  const source: KernelProgramSource = {
    name,
    context: place.context,
    ...(!isShared && { probe }),
    ...(place.guard && { guard: place.guard }),
    capture,
    ...(handler && { handler }),
    ...(link.continueAt !== undefined && { continueAt: link.continueAt }),
  };
  try {
    return { name, ...place.program, ...emitProgram(source, context) };
  } catch (error) {
    if (handler === undefined || !(error instanceof UnwritableProgramError)) throw error;
    throw new HandlerTooLargeError(probe, error.message);
  }
}

function siteOf({ place: { site }, link }: PlannedSite): ProbeSite['site'] {
  return site.kind === 'syscall' && link.slot !== undefined ? { ...site, slot: link.slot } : site;
}

/** `p3_sched_switch` */
function programName(probe: number, { site }: ProbeSite): string {
  const what =
    site.kind === 'tracepoint'
      ? site.name
      : site.kind === 'syscall'
        ? `${site.access}_${site.number}`
        : site.kind === 'kernel-function'
          ? site.symbol
          : site.kind;
  return `p${probe}_${what.replace(/\W/g, '_')}`.slice(0, NAME_LENGTH);
}
