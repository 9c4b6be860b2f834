import type { KernelSite } from '../../module/kernel-part.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import { attachFunctions, attachPerfEvent, attachTracing, type ProbeLink } from './links.ts';
import type { LoadedProgram } from './load-programs.ts';
import { openProbeEvent } from './probe-events.ts';
import type { LoaderSystemCalls } from './system-calls.ts';

export type FunctionSite = Extract<KernelSite, { kind: 'kernel-function' }>;

interface Failure {
  readonly symbol: string;
  readonly error: KernelProbeError;
}

/**
 * Attaches programs to functions of the kernel, adding to `links` as it goes. The cookie of a kprobe is its probe. Some
 * functions of a pattern may not be probed: they are told to `warn`. Throws `KernelProbeError` when none can.
 */
export function attachToFunctions(
  calls: LoaderSystemCalls,
  programs: readonly { readonly program: LoadedProgram; readonly sites: readonly FunctionSite[] }[],
  links: ProbeLink[],
  warn: (text: string) => void,
): void {
  const failures: Failure[] = [];
  let count = 0;
  for (const { program, sites } of programs) {
    if (sites.length === 0) continue;
    count += sites.length;
    if (program.way === 'multi' && attachAtOnce(calls, program.fd, sites, links)) continue;
    const fd = program.way === 'multi' ? program.loadForSingle() : program.fd;
    for (const site of sites) attachOne(calls, { ...program, fd }, site, links, failures);
    if (fd !== program.fd) calls.close(fd);
  }
  const [first] = failures;
  if (first !== undefined && failures.length === count) throw first.error;
  for (const { symbol, error } of failures) warn(`the function ${symbol} is not probed: ${error.message}`);
}

/** False when the kernel cannot, or one of the functions stands in the way. */
function attachAtOnce(
  calls: LoaderSystemCalls,
  program: number,
  sites: readonly FunctionSite[],
  links: ProbeLink[],
): boolean {
  const made: ProbeLink[] = [];
  try {
    for (const isReturn of [false, true]) {
      const own = sites.filter((site) => site.isReturn === isReturn);
      if (own.length > 0) made.push(attachFunctions(calls, program, own, isReturn));
    }
  } catch (error) {
    for (const link of made) link.close();
    if (error instanceof KernelProbeError) return false;
    throw error;
  }
  links.push(...made);
  return true;
}

function attachOne(
  calls: LoaderSystemCalls,
  program: LoadedProgram,
  site: FunctionSite,
  links: ProbeLink[],
  failures: Failure[],
): void {
  const { symbol, isReturn, probe } = site;
  try {
    if (program.refusal !== undefined) throw program.refusal;
    const what = `the function ${symbol}`;
    if (site.by === 'fentry') {
      links.push(attachTracing(calls, program.fd, what));
      return;
    }
    const event = openProbeEvent(calls, { source: 'kprobe', in: symbol, offset: 0, isReturn });
    links.push(attachPerfEvent(calls, program.fd, event, probe, what));
  } catch (error) {
    if (!(error instanceof KernelProbeError)) throw error;
    failures.push({ symbol, error: site.by === 'fentry' ? withReason(error, symbol) : error });
  }
}

/** The kernel says it is busy when the function begins otherwise than those that can be traced. */
function withReason(error: KernelProbeError, symbol: string): KernelProbeError {
  if (error.code !== 'EBUSY') return error;
  return new KernelProbeError(
    error.code,
    `cannot attach to the function ${symbol}: the kernel leaves it out of tracing (notrace)`,
  );
}
