import type { KernelFacts, MemberFacts, ProbeEnvironment, TypeFacts } from '../../../probes/kernel-facts.ts';

const INT: TypeFacts = { spelling: 'int', kind: 'integer', size: 4, signed: true, isCharacter: false };
const LONG: TypeFacts = { ...INT, spelling: 'long', size: 8 };
const CHAR: TypeFacts = { ...INT, spelling: 'char', size: 1, isCharacter: true };

function pointer(to: () => TypeFacts): TypeFacts {
  return { spelling: 'pointer', kind: 'pointer', to, isUser: false };
}

function array(element: TypeFacts, length: number): TypeFacts {
  return { spelling: 'array', kind: 'array', element: () => element, length };
}

function structure(name: string, size: number, members: () => readonly MemberFacts[]): TypeFacts {
  return { spelling: `struct ${name}`, kind: 'struct', name, size, members };
}

const at = (offset: number, name: string, type: TypeFacts): MemberFacts => ({
  name,
  type,
  bitOffset: offset * 8,
});

const USER_ID = structure('kuid_t', 4, () => [at(0, 'val', INT)]);
const CREDENTIALS = structure('cred', 16, () => [at(4, 'euid', USER_ID), at(8, 'egid', USER_ID)]);
const NUMBER = structure('upid', 16, () => [at(0, 'nr', INT)]);
const PROCESS_ID = structure('pid', 48, () => [at(4, 'level', INT), at(16, 'numbers', array(NUMBER, 1))]);
const SIGNAL = structure('signal_struct', 64, () => [
  at(
    8,
    'pids',
    array(
      pointer(() => PROCESS_ID),
      4,
    ),
  ),
]);
const NAME = structure('qstr', 16, () => [
  at(
    8,
    'name',
    pointer(() => CHAR),
  ),
]);
const ENTRY = structure('dentry', 64, () => [at(32, 'd_name', NAME)]);
const PATH = structure('path', 16, () => [
  at(
    8,
    'dentry',
    pointer(() => ENTRY),
  ),
]);
const INODE = structure('inode', 64, () => [at(40, 'i_ino', LONG)]);
const FILE = structure('file', 64, () => [
  at(16, 'f_path', PATH),
  at(
    32,
    'f_inode',
    pointer(() => INODE),
  ),
]);
const MEMORY = structure('mm_struct', 64, () => [
  at(
    0,
    '',
    structure('', 64, () => [
      at(
        24,
        'exe_file',
        pointer(() => FILE),
      ),
    ]),
  ),
]);
const TASK: TypeFacts = structure('task_struct', 128, () => [
  at(0, 'tgid', INT),
  at(
    8,
    'real_parent',
    pointer(() => TASK),
  ),
  at(16, 'comm', array(CHAR, 16)),
  at(
    32,
    'cred',
    pointer(() => CREDENTIALS),
  ),
  at(
    40,
    'signal',
    pointer(() => SIGNAL),
  ),
  at(
    48,
    'thread_pid',
    pointer(() => PROCESS_ID),
  ),
  at(
    56,
    'mm',
    pointer(() => MEMORY),
  ),
]);

const TYPES: Readonly<Partial<Record<string, TypeFacts>>> = {
  task_struct: TASK,
  mm_struct: MEMORY,
  file: FILE,
};
const ENUMERATORS: Readonly<Partial<Record<string, number>>> = {
  PIDTYPE_TGID: 1,
  PIDTYPE_PGID: 2,
  PIDTYPE_SID: 3,
};

/** A kernel that knows the structures of a task and nothing else. */
export const TASK_KERNEL: KernelFacts = {
  release: '6.1.0-test',
  problem: () => undefined,
  tracepoints: () => [],
  tracepointParameters: () => undefined,
  functionNames: () => [],
  functionFacts: () => undefined,
  type: (name) => TYPES[name],
  enumerator: (name) => ENUMERATORS[name],
  functionProbes: () => ({ reason: 'no functions' }),
  processors: 2,
  hz: 250,
};

const NO_PROGRAM = { problem: 'there are no programs' };

/** That kernel, and no programs. */
export const TASK_ENVIRONMENT: ProbeEnvironment = {
  kernel: TASK_KERNEL,
  programs: {
    program: () => NO_PROGRAM,
    library: () => NO_PROGRAM,
    programOf: () => NO_PROGRAM,
    matching: () => [],
  },
  target: {},
  guru: false,
};
