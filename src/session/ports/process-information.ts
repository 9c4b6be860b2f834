import { readFileSync } from 'node:fs';
import type { ProcessContext } from '../../runtime/handler-context.ts';
import type { Accessor } from '../../runtime/pseudo-file.ts';

/** Identity of the process whose context a handler has, read from /proc when first asked for and then kept. */
export class ProcessInformation implements ProcessContext {
  readonly tid: number;
  readonly #accessor: Accessor | undefined;
  #status: ReadonlyMap<string, string> | undefined;
  #stat: readonly string[] | undefined;

  /** @param accessor who accessed a file; its ids are those of that moment, which /proc may not know any more */
  constructor(tid: number, accessor?: Accessor) {
    this.tid = tid;
    this.#accessor = accessor;
  }

  pid(): number {
    return this.#number('Tgid') ?? this.tid;
  }

  ppid(): number {
    return this.#number('PPid') ?? 0;
  }

  pgrp(): number {
    return Number(this.#statFields()[2] ?? 0);
  }

  sid(): number {
    return Number(this.#statFields()[3] ?? 0);
  }

  uid(): number {
    return this.#number('Uid') ?? this.#accessor?.uid ?? 0;
  }

  euid(): number {
    return this.#number('Uid', 1) ?? this.#accessor?.uid ?? 0;
  }

  gid(): number {
    return this.#number('Gid') ?? this.#accessor?.gid ?? 0;
  }

  egid(): number {
    return this.#number('Gid', 1) ?? this.#accessor?.gid ?? 0;
  }

  execname(): string {
    return commandName(this.tid);
  }

  pexecname(): string {
    return commandName(this.ppid());
  }

  /** The `column`th number of a line of /proc/TID/status; undefined when the thread is gone. */
  #number(name: string, column = 0): number | undefined {
    this.#status ??= readStatus(this.tid);
    const field = this.#status.get(name)?.split('\t')[column];
    return field === undefined ? undefined : Number(field);
  }

  #statFields(): readonly string[] {
    this.#stat ??= readStat(this.tid);
    return this.#stat;
  }
}

function readProcFile(tid: number, name: string): string {
  try {
    return readFileSync(`/proc/${tid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

function commandName(tid: number): string {
  return readProcFile(tid, 'comm').replace(/\n$/, '');
}

function readStatus(tid: number): ReadonlyMap<string, string> {
  const lines = readProcFile(tid, 'status').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
    }),
  );
}

/** Fields of /proc/TID/stat after the command name, which may hold blanks: state, ppid, pgrp, session… */
function readStat(tid: number): readonly string[] {
  const text = readProcFile(tid, 'stat');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
