import type { ProbePoint } from '../ast/declaration.ts';
import type { ProbeEvent } from '../module/probe-event.ts';
import {
  expandKernelFunctionContext,
  listKernelFunctionVariables,
  type KernelFunctionPlace,
} from './kernel-function-context.ts';
import type { FunctionProbes, KernelFacts, TypeFacts } from './kernel-facts.ts';
import { namePattern } from './name-pattern.ts';
import { pointError } from './point-error.ts';
import { hasComponent, stringArgument, type ProbeFamily } from './probe-family.ts';
import type { TypedEnvironment } from './typed-expressions.ts';
import { noMatch, withStringArgument } from './user-files.ts';

const SUFFIXES = ['', '.call', '.return', '.return.maxactive(number)'];
const PATTERNS = [
  ...['kernel', 'module(string)'].flatMap((start) =>
    [...SUFFIXES, '.exported', '.inline'].map((suffix) => `${start}.function(string)${suffix}`),
  ),
  ...['kprobe', 'kprobe.module(string)'].flatMap((start) =>
    SUFFIXES.map((suffix) => `${start}.function(string)${suffix}`),
  ),
];

/**
 * Functions of the kernel by name, at entry and return (stapprobes(3stap), DWARF PROBES and KPROBE). Names and types are
 * those of BTF, which tells neither source files nor what was compiled into other functions.
 */
export function kernelFunctionFamily(environment: TypedEnvironment): ProbeFamily {
  const { kernel } = environment;
  return {
    name: 'kernel function',
    patterns: PATTERNS,
    unprivileged: false,
    matches: (point) =>
      hasComponent(point, 'module') ? matchingInModules(point, environment) : matching(point, environment),
    build: (point) => {
      const symbol = stringArgument(point, 'function') ?? '';
      const module = stringArgument(point, 'module');
      const isByKprobe = module !== undefined || wantsKprobe(point, symbol, kernel);
      return {
        family: 'kernel-function',
        symbol,
        isReturn: hasComponent(point, 'return'),
        ...(isByKprobe && { by: 'kprobe' }),
        ...(module !== undefined && { module }),
      };
    },
    expandContext: (body, event, names) =>
      expandKernelFunctionContext(body, placeOf(event), environment, names),
    listVariables: (event) => listKernelFunctionVariables(placeOf(event), kernel),
    entry: (point, event) => {
      if (event.family !== 'kernel-function' || !event.isReturn) return undefined;
      const parameters = kernel.functionFacts(event.symbol, event.module)?.parameters ?? [];
      const knowsArguments = isByFentry(event, kernel);
      const kept = new Set(['$$parms', ...parameters.map(({ name }) => `$${name}`)]);
      return {
        point: entryPoint(point),
        event: { ...event, isReturn: false },
        keeps: (name) => kept.has(name),
        remains: (name) => knowsArguments && kept.has(name),
      };
    },
  };
}

function placeOf(event: ProbeEvent): KernelFunctionPlace {
  return event.family === 'kernel-function' ? event : { symbol: '', isReturn: false };
}

/** Arguments that registers hold. */
const REGISTER_ARGUMENTS = 6;
const WORD_BYTES = 8;

/** `kprobe.function` says so; of others, those that fentry does not take. */
function wantsKprobe(point: ProbePoint, symbol: string, kernel: KernelFacts): boolean {
  const probes = kernel.functionProbes();
  if (!('by' in probes) || probes.by !== 'fentry' || probes.hasKprobes !== true) return false;
  const facts = kernel.functionFacts(symbol);
  return hasComponent(point, 'kprobe') || facts === undefined || !fitsFentry(facts);
}

/** Linux has no trampolines for functions with more arguments, and for results in memory. */
function fitsFentry({ parameters, result }: NonNullable<ReturnType<KernelFacts['functionFacts']>>): boolean {
  const isLarge = (type: TypeFacts): boolean =>
    (type.kind === 'struct' || type.kind === 'union') && type.size > WORD_BYTES;
  return (
    parameters.length <= REGISTER_ARGUMENTS &&
    result.kind !== 'struct' &&
    result.kind !== 'union' &&
    !parameters.some(({ type }) => isLarge(type))
  );
}

/** The return then knows the arguments of its call. */
function isByFentry(event: ProbeEvent, kernel: KernelFacts): boolean {
  const probes = kernel.functionProbes();
  return (
    event.family === 'kernel-function' && event.by === undefined && 'by' in probes && probes.by === 'fentry'
  );
}

/** The functions in byte order; an error when there is none, or none can be probed. */
function matching(point: ProbePoint, environment: TypedEnvironment): readonly ProbePoint[] {
  availableProbes(environment);
  return functionsOf(point, environment.kernel.functionNames());
}

/** As `matching`, in modules that are loaded. Programs by fentry would be for the types of one module each. */
function matchingInModules(point: ProbePoint, environment: TypedEnvironment): readonly ProbePoint[] {
  const probes = availableProbes(environment);
  const { kernel } = environment;
  const pattern = (stringArgument(point, 'module') ?? '').replaceAll('-', '_');
  const known = kernel.moduleNames?.() ?? [];
  const modules = known.filter(namePattern(pattern).matches);
  if (modules.length === 0) throw noMatch('module', pattern, known);
  if (probes.by === 'fentry' && probes.hasKprobes !== true)
    throw pointError('kernel-functions-unavailable', 'probes of functions in kernel modules need kprobes');
  const isWanted = (module: string): boolean =>
    kernel.functionNames(module).some(namePattern(wantedFunction(point)).matches);
  const having = modules.filter(isWanted);
  return (having.length === 0 ? modules.slice(0, 1) : having).flatMap((module) =>
    functionsOf(withStringArgument(point, 'module', module), kernel.functionNames(module)),
  );
}

function availableProbes({ kernel }: TypedEnvironment): Exclude<FunctionProbes, { reason: string }> {
  const problem = kernel.problem();
  if (problem !== undefined) throw pointError('no-kernel-facts', problem);
  const probes = kernel.functionProbes();
  if ('reason' in probes) throw pointError('kernel-functions-unavailable', probes.reason);
  return probes;
}

function functionsOf(point: ProbePoint, known: readonly string[]): readonly ProbePoint[] {
  const pattern = wantedFunction(point);
  // What was compiled into other functions is not described.
  const found = hasComponent(point, 'inline') ? [] : known.filter(namePattern(pattern).matches);
  if (found.length === 0) throw noMatch('function', pattern, known);
  return [...new Set(found)].sort().map((name) => withStringArgument(point, 'function', name));
}

function wantedFunction(point: ProbePoint): string {
  return functionPattern(stringArgument(point, 'function') ?? '');
}

/** `vfs_read@fs/read_write.c` is the function of that name: the kernel has it once. */
function functionPattern(text: string): string {
  const at = text.indexOf('@');
  if (at < 0) return text;
  const name = text.slice(0, at);
  const { isWildcard } = namePattern(name);
  if (!isWildcard && !text.includes(':', at)) return name;
  throw pointError(
    'needs-debugging-information',
    `source files and lines of functions are known by debugging information only: ${isWildcard ? 'name the functions, for example "tcp_*"' : `write "${name}"`}`,
  );
}

/** The point of the entry that belongs to a return. */
function entryPoint(point: ProbePoint): ProbePoint {
  const end = point.components.findIndex(({ name }) => name === 'return');
  const components = point.components
    .slice(0, end + 1)
    .map((component, index) => (index === end ? { ...component, name: 'call' } : component));
  return { ...point, components };
}
