import type { WordName } from '../../module/event-record.ts';
import type { KernelFacts } from '../../probes/kernel-facts.ts';
import type { LongExpression } from '../ir.ts';
import { helperWord } from './event-source.ts';
import { constant } from './fold.ts';
import { kernelField, type FieldStep } from './kernel-field.ts';

const TASK: LongExpression = { kind: 'fact', fact: 'task' };
/** Half of the 16 bytes of a name. */
const HALF_NAME = 8;

/** A fact of the current task, from helpers or the fields of its task_struct; undefined when the kernel does not tell. */
export function taskWord(name: WordName, kernel: KernelFacts): LongExpression | undefined {
  switch (name) {
    case 'euid':
    case 'egid':
      return taskField(kernel, ['cred', name]);
    case 'ppid':
      return taskField(kernel, ['real_parent', 'tgid']);
    case 'pgrp':
      return processId(kernel, 'PIDTYPE_PGID', 'outermost');
    case 'sid':
      return processId(kernel, 'PIDTYPE_SID', 'outermost');
    case 'ns_pid':
      return processId(kernel, 'PIDTYPE_TGID', 'innermost');
    case 'ns_tid':
      return idOf(kernel, ['thread_pid'], 'innermost');
    case 'execname:0':
      return taskField(kernel, ['comm']);
    case 'execname:1':
      return taskField(kernel, ['comm'], HALF_NAME);
    case 'pexecname:0':
      return taskField(kernel, ['real_parent', 'comm']);
    case 'pexecname:1':
      return taskField(kernel, ['real_parent', 'comm'], HALF_NAME);
    default:
      return helperWord(name);
  }
}

/** A field of the current task. */
export function taskField(
  kernel: KernelFacts,
  path: readonly FieldStep[],
  skipped = 0,
): LongExpression | undefined {
  return kernelField(kernel, TASK, 'task_struct', path, skipped);
}

/** Namespaces are numbered from the outermost one, where the process is known to all. */
type Namespace = 'outermost' | 'innermost';

function processId(kernel: KernelFacts, type: string, namespace: Namespace): LongExpression | undefined {
  const index = kernel.enumerator(type);
  if (index === undefined) return undefined;
  return idOf(kernel, ['signal', 'pids', { index: constant(index) }], namespace);
}

function idOf(
  kernel: KernelFacts,
  pid: readonly FieldStep[],
  namespace: Namespace,
): LongExpression | undefined {
  const level = namespace === 'outermost' ? constant(0) : taskField(kernel, [...pid, 'level']);
  return level && taskField(kernel, [...pid, 'numbers', { index: level }, 'nr']);
}
