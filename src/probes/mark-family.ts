import type { ProbePoint } from '../ast/declaration.ts';
import type { UserProbeEvent } from '../module/probe-event.ts';
import type { MarkFacts } from './kernel-facts.ts';
import { markArguments } from './mark-arguments.ts';
import { expandMarkContext } from './mark-context.ts';
import type { MarkPlace } from './mark-operand-expression.ts';
import { namePattern } from './name-pattern.ts';
import { pointError } from './point-error.ts';
import { hasComponent, stringArgument, type ProbeFamily } from './probe-family.ts';
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

/**
 * `process("PATH").mark("name")` and `.provider("name").mark("name")` of programs and libraries
 * (stapprobes(3stap), USERSPACE PROBING): one point for each place that a mark was compiled into.
 */
export function markFamily(environment: ProgramEnvironment): ProbeFamily {
  const places = new UserPlaces<MarkPlace>();
  return {
    name: 'mark',
    patterns: [...PROGRAM_STARTS, ...LIBRARY_STARTS].flatMap((start) => [
      `${start}.mark(string)`,
      `${start}.provider(string).mark(string)`,
    ]),
    unprivileged: true,
    matches: (point) =>
      matching(point, environment).map(({ probed, mark }) =>
        places.remember(pointOfMark(probed.point, mark), eventOfMark(probed, mark), {
          program: probed.file,
          mark,
        }),
      ),
    build: (point) => places.event(point),
    expandContext: (body, event, names) => expandMarkContext(body, places.place(event), names),
    listVariables: (event) => {
      const { mark, program } = places.place(event);
      const operands = markArguments(mark.argumentText, program.architecture);
      return operands.map((_, index) => `$arg${index + 1}:long`);
    },
  };
}

interface Match {
  readonly probed: ProbedFile;
  readonly mark: MarkFacts;
}

/** In the order of the files; an error when there is none. */
function matching(point: ProbePoint, environment: ProgramEnvironment): readonly Match[] {
  // Dashes in names are written as two underscores in C.
  const pattern = (stringArgument(point, 'mark') ?? '').replaceAll('-', '__');
  const isProvider = namePattern(stringArgument(point, 'provider') ?? '*').matches;
  const isName = namePattern(pattern).matches;
  const files = probedFiles(point, environment);
  const offered = files.flatMap((probed) =>
    probed.file
      .marks()
      .filter(({ provider }) => isProvider(provider))
      .map((mark) => ({ probed, mark })),
  );
  const found = offered.filter(({ mark }) => isName(mark.name));
  if (found.length > 0) return found;
  const [only, ...others] = files;
  if (only !== undefined && others.length === 0 && only.file.marks().length === 0)
    throw pointError('no-such-mark', `no match ('${only.file.path}' has no marks)`);
  throw noMatch(
    'mark',
    pattern,
    offered.map(({ mark }) => mark.name),
  );
}

function pointOfMark(point: ProbePoint, { provider, name }: MarkFacts): ProbePoint {
  const named = withStringArgument(point, 'mark', name);
  return hasComponent(point, 'provider') ? withStringArgument(named, 'provider', provider) : named;
}

function eventOfMark(probed: ProbedFile, mark: MarkFacts): UserProbeEvent {
  const { offset, name, provider, semaphoreOffset } = mark;
  return {
    family: 'user',
    ...eventOfFile(probed),
    offset,
    isReturn: false,
    symbol: name,
    provider,
    ...(semaphoreOffset !== undefined && { semaphoreOffset }),
  };
}
