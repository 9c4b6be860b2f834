import type { FactName } from '../module/event-record.ts';
import type { ProcessContext } from './handler-context.ts';
import type { KernelEvent } from './kernel-event.ts';
import type { Accessor } from './pseudo-file.ts';

const NAME_BYTES_PER_WORD = 8;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The process in which an event happened: what was captured with it, and for the rest what is known of that thread now,
 * when somebody asks. One object for all events, moved to the next by `present`.
 */
export class EventProcess implements ProcessContext {
  readonly #lookUp: (accessor: Accessor) => ProcessContext;
  #event: KernelEvent | undefined;
  #late: ProcessContext | undefined;

  /** `lookUp` tells of a thread as it is now. */
  constructor(lookUp: (accessor: Accessor) => ProcessContext) {
    this.#lookUp = lookUp;
  }

  /** Goes to the process of the event. */
  present(event: KernelEvent): void {
    this.#event = event;
    this.#late = undefined;
  }

  get tid(): number {
    return this.#event?.tid ?? 0;
  }

  pid(): number {
    return this.#event?.pid ?? 0;
  }

  ppid(): number {
    return this.#fact('ppid') ?? this.#now().ppid();
  }

  pgrp(): number {
    return this.#fact('pgrp') ?? this.#now().pgrp();
  }

  sid(): number {
    return this.#fact('sid') ?? this.#now().sid();
  }

  uid(): number {
    return this.#fact('uid') ?? this.#now().uid();
  }

  euid(): number {
    return this.#fact('euid') ?? this.#now().euid();
  }

  gid(): number {
    return this.#fact('gid') ?? this.#now().gid();
  }

  egid(): number {
    return this.#fact('egid') ?? this.#now().egid();
  }

  execname(): string {
    return this.#name('execname:0', 'execname:1') ?? this.#now().execname();
  }

  pexecname(): string {
    return this.#name('pexecname:0', 'pexecname:1') ?? this.#now().pexecname();
  }

  #now(): ProcessContext {
    const [uid, gid] = [this.#fact('uid') ?? 0, this.#fact('gid') ?? 0];
    return (this.#late ??= this.#lookUp({ tid: this.tid, uid, gid }));
  }

  #fact(name: FactName): number | undefined {
    const word = this.#event?.word(name);
    return word === undefined ? undefined : Number(word);
  }

  #name(first: FactName, second: FactName): string | undefined {
    const [start, rest] = [this.#event?.word(first), this.#event?.word(second)];
    if (start === undefined || rest === undefined) return undefined;
    const text = wordText(BigInt(start)) + wordText(BigInt(rest));
    const end = text.indexOf('\0');
    return end < 0 ? text : text.slice(0, end);
  }
}

/** The bytes of a word as they are in memory. */
function wordText(word: bigint): string {
  let text = '';
  for (let index = 0; index < NAME_BYTES_PER_WORD; index += 1) {
    const place = LITTLE_ENDIAN ? index : NAME_BYTES_PER_WORD - 1 - index;
    text += String.fromCharCode(Number((word >> BigInt(place * 8)) & 0xffn));
  }
  return text;
}
