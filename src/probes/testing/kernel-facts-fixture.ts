import type { KernelFacts, MemberFacts, ParameterFacts, TypeFacts } from '../kernel-facts.ts';

const integer = (spelling: string, size: number, signed: boolean): TypeFacts => ({
  spelling,
  kind: 'integer',
  size,
  signed,
  isCharacter: false,
});

const INT = integer('int', 4, true);
const UNSIGNED_INT = integer('unsigned int', 4, false);
const LONG = integer('long int', 8, true);
const BOOL = integer('bool', 1, false);
const CHAR: TypeFacts = { spelling: 'char', kind: 'integer', size: 1, signed: true, isCharacter: true };

/** `to*`, of the kernel or of the process. */
export function pointerTo(to: TypeFacts, isUser = false): TypeFacts {
  return { spelling: `${to.spelling}*`, kind: 'pointer', to: () => to, isUser };
}

/** `element[length]` */
function arrayOf(element: TypeFacts, length: number): TypeFacts {
  return { spelling: `${element.spelling}[${length}]`, kind: 'array', element: () => element, length };
}

/** A structure, anonymous with an empty name. */
function structure(name: string, size: number, members: () => readonly MemberFacts[]): TypeFacts {
  return { spelling: name === '' ? 'struct' : `struct ${name}`, kind: 'struct', name, size, members };
}

const at = (offset: number, name: string, type: TypeFacts): MemberFacts => ({
  name,
  type,
  bitOffset: offset * 8,
});

/** `struct entity { int weight; int level; }` */
export const ENTITY = structure('entity', 8, () => [at(0, 'weight', INT), at(4, 'level', INT)]);

/** A small `task_struct` with each kind of member. */
export const TASK: TypeFacts = structure('task_struct', 96, () => [
  at(0, 'pid', INT),
  at(4, 'flags', UNSIGNED_INT),
  at(8, 'comm', arrayOf(CHAR, 16)),
  at(24, 'parent', pointerTo(TASK)),
  at(32, 'se', ENTITY),
  at(
    40,
    '',
    structure('', 8, () => [at(0, 'exit_code', INT), at(4, 'exit_signal', INT)]),
  ),
  { name: 'on_cpu', type: UNSIGNED_INT, bitOffset: 48 * 8 + 3, bitSize: 2 },
  { name: 'delta', type: INT, bitOffset: 48 * 8 + 5, bitSize: 4 },
  at(56, 'counts', arrayOf(LONG, 3)),
  at(80, 'buffer', pointerTo(CHAR, true)),
  at(88, 'load', { spelling: 'double', kind: 'float', size: 8 }),
]);

const TRACEPOINTS: readonly {
  readonly group: string | undefined;
  readonly name: string;
  readonly parameters: readonly ParameterFacts[];
}[] = [
  {
    group: 'sched',
    name: 'sched_switch',
    parameters: [
      { name: 'preempt', type: BOOL },
      { name: 'prev', type: pointerTo(TASK) },
      { name: 'next', type: pointerTo(TASK) },
      { name: 'prio', type: INT },
    ],
  },
  { group: 'sched', name: 'sched_wakeup', parameters: [{ name: 'p', type: pointerTo(TASK) }] },
  { group: 'irq', name: 'irq_handler_entry', parameters: [{ name: 'irq', type: INT }] },
  { group: undefined, name: 'plain', parameters: [] },
];

/** Facts about a kernel with four tracepoints and the types above; `problem` makes it one without BTF. */
export function kernelFactsFixture(problem?: string): KernelFacts {
  return {
    release: '6.1.0',
    problem: () => problem,
    tracepoints: () => TRACEPOINTS.map(({ group, name }) => ({ group, name })),
    tracepointParameters: (name) => {
      const btfId = TRACEPOINTS.findIndex((tracepoint) => tracepoint.name === name);
      const found = TRACEPOINTS[btfId];
      return found && { btfId, parameters: found.parameters };
    },
    functionNames: () => [],
    functionFacts: () => undefined,
    type: (name) =>
      [TASK, ENTITY, INT].find(({ spelling }) => spelling === name || spelling === `struct ${name}`),
    enumerator: () => undefined,
    functionProbes: () => ({ reason: 'not in this fixture' }),
    processors: 1,
    hz: 1000,
  };
}
