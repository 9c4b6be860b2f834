import { RECORD_HEADER_BYTES, RECORD_KIND } from '../module/event-record.ts';
import type { KernelError, KernelPart, KernelPrint } from '../module/kernel-part.ts';
import { compileFormat } from './format.ts';
import { ScriptError } from './handler-context.ts';
import type { KernelEvent, KernelProbes } from './kernel-event.ts';
import { LITTLE_ENDIAN } from './native-memory.ts';
import { recordArguments } from './record-arguments.ts';
import { BrokenRecordError, RecordEvent } from './record-event.ts';

/** What records ask of the engine. Probes are indexes of the module's. */
export interface RecordActions {
  /** The handler of an event is to run. */
  readonly fire: (probe: number, event: KernelEvent) => void;
  /** A handler in the kernel printed; its record begins at `start`. */
  readonly print: (text: string, view: DataView, start: number) => void;
  /** A handler in the kernel failed. */
  readonly fail: (probe: number, error: ScriptError) => void;
  /** A handler in the kernel called exit(). */
  readonly exit: () => void;
  /** A record cannot be believed; `reason` is a sentence without its full stop. */
  readonly refuse: (reason: string) => void;
}

type Message = (view: DataView, start: number, length: number) => string;

/** Reads the records of a module's kernel part, and has done what they ask for. */
export class KernelRecords {
  readonly #part: KernelPart;
  readonly #actions: RecordActions;
  readonly #events: readonly (RecordEvent | undefined)[];
  readonly #prints: (Message | undefined)[] = [];
  readonly #errors: (Message | undefined)[] = [];
  #view: DataView = new DataView(new ArrayBuffer(0));
  #brokenCount = 0;

  /** `readLate` reads what was not captured. */
  constructor(part: KernelPart, readLate: KernelProbes['readMemory'], actions: RecordActions) {
    this.#part = part;
    this.#actions = actions;
    const events: (RecordEvent | undefined)[] = [];
    for (const [probe, layout] of Object.entries(part.layouts))
      events[Number(probe)] = new RecordEvent(layout, readLate);
    this.#events = events;
  }

  /** Records that could not be believed. */
  get brokenCount(): number {
    return this.#brokenCount;
  }

  /** Whether the stack of the process is among what is captured for a probe. */
  hasUserStack(probe: number): boolean {
    const pieces = this.#part.layouts[probe]?.pieces ?? [];
    return pieces.some(({ kind, space }) => kind === 'stack' && space === 'user');
  }

  /** Does what one record asks for. Its memory is not used any more afterwards. */
  take(record: Uint8Array): void {
    // All records of a ring buffer lie in the same memory.
    if (this.#view.buffer !== record.buffer) this.#view = new DataView(record.buffer);
    try {
      this.#dispatch(record.byteOffset, record.byteLength);
    } catch (thrown) {
      if (!(thrown instanceof BrokenRecordError)) throw thrown;
      this.#brokenCount += 1;
      this.#actions.refuse(thrown.message);
    }
  }

  #dispatch(start: number, length: number): void {
    if (length < RECORD_HEADER_BYTES) throw new BrokenRecordError('a record of the kernel is too short');
    const view = this.#view;
    const probe = view.getUint32(start, LITTLE_ENDIAN);
    switch (view.getUint32(start + 4, LITTLE_ENDIAN)) {
      case RECORD_KIND.event:
        this.#fire(probe, start, length);
        return;
      case RECORD_KIND.print:
        this.#actions.print(this.#message(this.#prints, this.#part.prints, start, length), view, start);
        return;
      case RECORD_KIND.error:
        this.#fail(start, length);
        return;
      case RECORD_KIND.exit:
        this.#actions.exit();
        return;
      default:
        throw new BrokenRecordError('a record of the kernel is of an unknown kind');
    }
  }

  #fire(probe: number, start: number, length: number): void {
    const event = this.#events[probe];
    if (event === undefined) throw new BrokenRecordError('a record of the kernel is of no probe');
    event.present(this.#view, start, length);
    this.#actions.fire(probe, event);
  }

  #fail(start: number, length: number): void {
    const text = this.#message(this.#errors, this.#part.errors, start, length);
    const { probe, statement } = this.#part.errors[indexOf(this.#view, start)] ?? { probe: 0, statement: '' };
    const error = new ScriptError(text);
    if (statement !== '') error.trace.push(statement);
    this.#actions.fail(probe, error);
  }

  /** The text of a record of kind `print` or `error`; how to make it is worked out once. */
  #message(
    known: (Message | undefined)[],
    definitions: readonly (KernelPrint | KernelError)[],
    start: number,
    length: number,
  ): string {
    if (length < RECORD_HEADER_BYTES + 8) throw new BrokenRecordError('a record of the kernel is too short');
    const index = indexOf(this.#view, start);
    const definition = definitions[index];
    if (definition === undefined)
      throw new BrokenRecordError('a record of the kernel prints what is unknown');
    const message = (known[index] ??= messageOf(definition));
    return message(this.#view, start, length);
  }
}

function indexOf(view: DataView, start: number): number {
  return view.getUint32(start + RECORD_HEADER_BYTES + (LITTLE_ENDIAN ? 0 : 4), LITTLE_ENDIAN);
}

function messageOf(definition: KernelPrint | KernelError): Message {
  const format = compileFormat(definition.parts);
  const types = definition.arguments;
  return (view, start, length) => format(...recordArguments(view, start, length, types));
}
