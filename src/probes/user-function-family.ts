import type { ProbePoint } from '../ast/declaration.ts';
import type { UserProbeEvent } from '../module/probe-event.ts';
import type { FunctionSymbolFacts, ProgramSymbols } from './kernel-facts.ts';
import { namePattern } from './name-pattern.ts';
import { pointError } from './point-error.ts';
import { hasComponent, numberArgument, stringArgument, type ProbeFamily } from './probe-family.ts';
import { expandFunctionContext } from './user-function-context.ts';
import {
  LIBRARY_STARTS,
  noMatch,
  probedFiles,
  PROGRAM_STARTS,
  withStringArgument,
  type ProbedFile,
  type ProgramEnvironment,
} from './user-files.ts';
import { eventOfFile, UserPlaces } from './user-places.ts';

const SUFFIXES = ['', '.call', '.exported', '.return'];
const POINTS = [
  ...SUFFIXES.flatMap((suffix) => [`function(string)${suffix}`, `function(number)${suffix}`]),
  'function(string).inline',
  'statement(number)',
];

/**
 * Functions of programs and libraries by their symbols, or by address (stapprobes(3stap), USERSPACE PROBING): at the
 * entry, behind an `endbr64`, or at the return.
 */
export function userFunctionFamily(environment: ProgramEnvironment): ProbeFamily {
  const places = new UserPlaces<ProbedFile>();
  return {
    name: 'user function',
    patterns: [...PROGRAM_STARTS, ...LIBRARY_STARTS].flatMap((start) =>
      POINTS.map((point) => `${start}.${point}`),
    ),
    unprivileged: true,
    matches: (point) =>
      matching(point, environment).map(({ point: match, event, probed }) =>
        places.remember(match, event, probed),
      ),
    build: (point) => places.event(point),
    expandContext: (body, event, names) => {
      const { isReturn, symbol } = event.family === 'user' ? event : { isReturn: false, symbol: '' };
      return expandFunctionContext(body, { path: places.place(event).file.path, symbol, isReturn }, names);
    },
    listVariables: (event) => (event.family === 'user' && event.isReturn ? ['$return:long'] : []),
    entry: (point, event) => {
      if (event.family !== 'user' || !event.isReturn) return undefined;
      const entry: UserProbeEvent = { ...event, isReturn: false };
      const call = entryPoint(point);
      places.remember(call, entry, places.place(event));
      return { point: call, event: entry };
    },
  };
}

interface Match {
  readonly point: ProbePoint;
  readonly event: UserProbeEvent;
  readonly probed: ProbedFile;
}

function matching(point: ProbePoint, environment: ProgramEnvironment): readonly Match[] {
  const files = probedFiles(point, environment);
  const address = numberArgument(point, 'function') ?? numberArgument(point, 'statement');
  if (address !== undefined) return files.map((probed) => atAddress(probed, Number(address)));
  const pattern = stringArgument(point, 'function') ?? '';
  if (pattern.includes('@'))
    throw pointError(
      'needs-debugging-information',
      `source files of functions are known by debugging information only: write "${pattern.slice(0, pattern.indexOf('@'))}"`,
    );
  // No symbol tells what was compiled into other functions.
  const offered = hasComponent(point, 'inline') ? [] : files.flatMap((probed) => offeredBy(probed, point));
  const { matches, isWildcard } = namePattern(pattern);
  const found = offered.filter(({ symbol }) => matches(symbol.name));
  if (found.length === 0)
    throw noMatch(
      'function',
      pattern,
      files.flatMap(({ file }) => file.functions().map(({ name }) => name)),
    );
  return (isWildcard ? withoutAliases(found) : found).map(({ probed, symbol }) => ({
    point: withStringArgument(probed.point, 'function', symbol.name),
    event: eventAt(probed, symbol.entryOffset, symbol.name),
    probed,
  }));
}

interface Offered {
  readonly probed: ProbedFile;
  readonly symbol: FunctionSymbolFacts;
}

function offeredBy(probed: ProbedFile, point: ProbePoint): readonly Offered[] {
  const isExported = hasComponent(point, 'exported');
  return probed.file
    .functions()
    .filter(({ isGlobal }) => isGlobal || !isExported)
    .map((symbol) => ({ probed, symbol }));
}

/** Of several names for the same instruction the one with fewest underscores in front, which is what callers write. */
function withoutAliases(found: readonly Offered[]): readonly Offered[] {
  const best = new Map<string, Offered>();
  for (const candidate of found) {
    const key = `${candidate.probed.file.path} ${candidate.symbol.offset}`;
    const known = best.get(key);
    if (known === undefined || rank(candidate.symbol) < rank(known.symbol)) best.set(key, candidate);
  }
  return [...best.values()];
}

function rank({ name, isGlobal }: FunctionSymbolFacts): string {
  const underscores = /^_*/.exec(name)?.[0].length ?? 0;
  return `${isGlobal ? 0 : 1}${String(underscores).padStart(3, '0')}${name}`;
}

function atAddress(probed: ProbedFile, address: number): Match {
  const { file, point } = probed;
  const offset = file.offsetOfAddress(address);
  if (offset === undefined)
    throw pointError('no-such-address', `'${file.path}' has no instruction at 0x${address.toString(16)}`);
  return { point, event: eventAt(probed, offset, symbolAt(file, offset)), probed };
}

/** Name of the function that the instruction belongs to; empty when none does. */
function symbolAt(file: ProgramSymbols, at: number): string {
  const holds = ({ offset, size }: FunctionSymbolFacts): boolean =>
    at >= offset && at - offset < Math.max(size, 1);
  return file.functions().find(holds)?.name ?? '';
}

function eventAt(probed: ProbedFile, offset: number, symbol: string): UserProbeEvent {
  const isReturn = hasComponent(probed.point, 'return');
  return { family: 'user', ...eventOfFile(probed), offset, isReturn, symbol };
}

/** The point of the entry that belongs to a return. */
function entryPoint(point: ProbePoint): ProbePoint {
  const components = point.components.map((component) =>
    component.name === 'return' ? { ...component, name: 'call' } : component,
  );
  return { ...point, components };
}
