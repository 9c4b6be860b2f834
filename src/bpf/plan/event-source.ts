import type { WordName } from '../../module/event-record.ts';
import type { LongExpression, PrimitiveFact } from '../ir.ts';

/** How a kernel program gets at the words of the event; knows the place of attachment and the kernel's types. */
export interface EventSource {
  /** Within one program, sources of the same kind give the same answers; absent when nothing is known of that. */
  readonly kind?: string;
  /** Undefined when the event has no such word, or none that can be had. */
  word(name: WordName): LongExpression | undefined;
}

/** Words that need no type of the kernel, nor a place of attachment: facts that helpers tell. */
export function helperWord(name: WordName): LongExpression | undefined {
  switch (name) {
    case 'uid':
    case 'gid':
    case 'task':
    case 'cgroup':
    case 'perf-counter':
      return { kind: 'fact', fact: name };
    default:
      return undefined;
  }
}

/** Words of the record that functions of the run time answer from; those of the header take none. */
export const FUNCTION_WORDS: Readonly<Partial<Record<string, readonly WordName[]>>> = {
  uid: ['uid'],
  gid: ['gid'],
  euid: ['euid'],
  egid: ['egid'],
  ppid: ['ppid'],
  pgrp: ['pgrp'],
  sid: ['sid'],
  execname: ['execname:0', 'execname:1'],
  pexecname: ['pexecname:0', 'pexecname:1'],
};

/** Functions of the run time whose value every record's header holds. */
export const HEADER_FACTS: Readonly<Partial<Record<string, PrimitiveFact>>> = {
  pid: 'pid',
  tid: 'tid',
  cpu: 'cpu',
};

/** `text` as the name of a word; undefined when it is none. */
export function asWordName(text: string): WordName | undefined {
  return isWordName(text) ? text : undefined;
}

const NUMBERED_WORD = /^(argument|syscall|register):\d+$/;
const NAMED_WORDS: ReadonlySet<string> = new Set<Exclude<WordName, `${string}:${number}`>>([
  'syscall:number',
  'syscall:result',
  'result',
  'uid',
  'gid',
  'euid',
  'egid',
  'ppid',
  'pgrp',
  'sid',
  'task',
  'cgroup',
  'ns_pid',
  'ns_tid',
  'instruction-pointer',
  'user-mode',
  'perf-counter',
]);

function isWordName(text: string): text is WordName {
  return NUMBERED_WORD.test(text) || NAMED_WORDS.has(text) || /^p?execname:[01]$/.test(text);
}
