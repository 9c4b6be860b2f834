import { fromBigInt } from '../../int64/int64.ts';
import type { Int64 } from '../../int64/int64.ts';
import { formatHex } from '../../int64/numeral.ts';
import type { EventFunction } from '../../module/event-functions.ts';
import type { CapturedPiece, WordName } from '../../module/event-record.ts';
import { ScriptError } from '../handler-context.ts';
import type { HandlerContext, Intrinsic, ProcessContext } from '../handler-context.ts';
import type { MemoryRead } from '../kernel-event.ts';
import { readLateString } from '../late-string.ts';
import { clipString } from '../script-string.ts';
import type { AddressPlace } from '../symbol-names.ts';

type Space = CapturedPiece['space'];

const EFAULT = 14;
const NUMBER_SIZES: readonly Int64[] = [1, 2, 4, 8];
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Words that stand for something of the process itself: they have an answer without an event too. */
const PROCESS_FACTS: Readonly<Partial<Record<WordName, (process: ProcessContext) => number>>> = {
  uid: (process) => process.uid(),
  gid: (process) => process.gid(),
  euid: (process) => process.euid(),
  egid: (process) => process.egid(),
  ppid: (process) => process.ppid(),
  pgrp: (process) => process.pgrp(),
  sid: (process) => process.sid(),
  ns_pid: (process) => process.pid(),
  ns_tid: (process) => process.tid,
};

/** What there is to know of an event only while it happens. */
const EVENT_VALUE = /^(?:argument:|register:|syscall:|result$)/;

/** What handlers see of their event; module/event-functions.ts. Without an event memory is read as it is by then. */
export const eventFunctions = {
  /** Facts of the process that nobody captured are looked up where that can be done, else 0. */
  event_word: (context: HandlerContext, name: WordName): Int64 => {
    const word = context.event?.word(name);
    if (word !== undefined) return word;
    if (EVENT_VALUE.test(name)) throw new ScriptError('register access fault [man error::fault]');
    return PROCESS_FACTS[name]?.(context.process) ?? 0;
  },

  kernel_read: numberReader('kernel'),
  user_read: numberReader('user'),

  kernel_read_string: textReader('kernel', readString),
  user_read_string: textReader('user', readString),
  kernel_read_bytes: textReader('kernel', readBytes),
  user_read_bytes: textReader('user', readBytes),

  kernel_stack: (context: HandlerContext): string => stackText(context, 'kernel'),
  user_stack: (context: HandlerContext): string => stackText(context, 'user'),
} satisfies Readonly<Record<EventFunction, Intrinsic>>;

function numberReader(space: Space) {
  return (context: HandlerContext, address: Int64, size: Int64, signed: Int64): Int64 => {
    const read = NUMBER_SIZES.includes(size) ? readMemory(context, space, address, Number(size)) : -EFAULT;
    if (typeof read === 'string') return numberOf(read, signed !== 0);
    throw new ScriptError(`read fault [man error::fault] at 0x${formatHex(address)}`);
  };
}

type TextRead = (context: HandlerContext, space: Space, address: Int64, size: number) => MemoryRead;

/** No text is longer than a string of the script can be. */
function textReader(space: Space, readText: TextRead) {
  return (context: HandlerContext, address: Int64, size: Int64): string => {
    const { MAXSTRINGLEN } = context.session.limits;
    const read = readText(context, space, address, size > MAXSTRINGLEN ? MAXSTRINGLEN : Number(size));
    if (typeof read === 'string') return clipString(read, MAXSTRINGLEN);
    const fault = space === 'user' ? `user string copy fault ${read}` : 'kernel string copy fault';
    throw new ScriptError(`${fault} at 0x${formatHex(address)} [man error::fault]`);
  };
}

function readString(context: HandlerContext, space: Space, address: Int64, max: number): MemoryRead {
  if (max <= 1) return '';
  if (context.event !== undefined) return context.event.readString(space, address, max);
  return readLateString((from, size) => readMemory(context, space, from, size), address, max);
}

function readBytes(context: HandlerContext, space: Space, address: Int64, size: number): MemoryRead {
  return size <= 0 ? '' : readMemory(context, space, address, size);
}

function readMemory(context: HandlerContext, space: Space, address: Int64, size: number): MemoryRead {
  if (context.event !== undefined) return context.event.readMemory(space, address, size);
  const read = context.session.readMemory?.(space, context.process.pid(), address, size) ?? -EFAULT;
  return typeof read === 'string' && read.length !== size ? -EFAULT : read;
}

/** The number that these bytes are in memory. */
function numberOf(bytes: string, signed: boolean): Int64 {
  let value = 0n;
  for (let index = 0; index < bytes.length; index += 1) {
    const place = LITTLE_ENDIAN ? bytes.length - 1 - index : index;
    value = (value << 8n) | BigInt(bytes.charCodeAt(place));
  }
  return fromBigInt(signed ? BigInt.asIntN(bytes.length * 8, value) : value);
}

/** Whether the kernel is there on behalf of a program that is attached to a place: the frames inside that place's own. */
function isOfProbe(place: AddressPlace | undefined): boolean {
  if (place === undefined) return false;
  return place.module === 'bpf' || /^(?:__)?(?:bpf_(?:trace|prog)_|traceiter_)/.test(place.symbol ?? '');
}

/** As many whole addresses as a string of the script can hold; where the probe itself is on the stack is left out. */
function stackText(context: HandlerContext, space: Space): string {
  const longest = context.session.limits.MAXSTRINGLEN - 1;
  const { symbols } = context.session;
  const stack = context.event?.stack(space) ?? [];
  const isOurs = (address: Int64): boolean => isOfProbe(symbols?.kernelPlace(address));
  const first = space === 'user' ? 0 : stack.findIndex((address) => !isOurs(address));
  let text = '';
  for (const address of stack.slice(Math.max(first, 0))) {
    const longer = `${text}${text === '' ? '' : ' '}0x${formatHex(address)}`;
    if (longer.length > longest) break;
    text = longer;
  }
  return text;
}
