import type { OutputPort } from '../../runtime/output.ts';
import { OutputRing, type OutputRecord, type StreamName } from './output-ring.ts';

/** Bytes taken from the ring for one write. */
const PIECE_BYTES = 1 << 16;
/** So much of the ring is written before the event loop gets its turn. */
const TURN_BYTES = 1 << 20;

/** Where both streams go while somebody reads them. */
export interface OutputTarget {
  readonly out: OutputPort;
  readonly err: OutputPort;
  /** Called once, when output goes elsewhere: gives descriptors back. */
  readonly close?: () => void;
  /** Called once when a port reports that nobody reads any more, after output was switched away from it. */
  readonly onBroken?: () => void;
  /** A broken target stays: its streams report it, as those of an ordinary descriptor do, and the run ends. */
  readonly endsRun?: boolean;
}

/** What another process goes on with. */
export interface SwitchState {
  readonly records: readonly OutputRecord[];
  readonly lostBytes: number;
  readonly passedBytes: number;
}

/**
 * The two output streams of a run, over a target that can be exchanged at any moment. Without a target (detached) bytes
 * go to a ring, which never blocks. With one, first what the ring holds goes there, in order over both streams, then
 * what is written; bytes a target has not taken are never lost and never given twice.
 */
export class OutputSwitch {
  readonly out: OutputPort;
  readonly err: OutputPort;
  readonly #ring: OutputRing;
  readonly #waiting: Record<StreamName, (() => void)[]> = { out: [], err: [] };
  readonly #drainedCallbacks: (() => void)[] = [];
  #target: OutputTarget | undefined;
  #passedBytes = 0;
  #onPassed: (stream: StreamName, bytes: Uint8Array) => void = () => undefined;
  /** Whether the ring is being written out; live bytes wait until it is empty. */
  #draining = false;

  /** Starts detached. @param ringBytes most bytes kept while nobody reads */
  constructor(ringBytes: number) {
    this.#ring = new OutputRing(ringBytes);
    this.out = this.#port('out');
    this.err = this.#port('err');
  }

  get attached(): boolean {
    return this.#target !== undefined;
  }

  /** Bytes that wait for a reader. */
  get bufferedBytes(): number {
    return this.#ring.heldBytes;
  }

  /** Bytes that gave way to newer ones while nobody read. */
  get lostBytes(): number {
    return this.#ring.lostBytes;
  }

  /** Bytes of both streams that readers, or the ring, have taken so far. */
  get passedBytes(): number {
    return this.#passedBytes;
  }

  /** Called for what a reader, or the ring, has taken: each byte once, both streams in order. The bytes stay as they are. */
  set onPassed(callback: (stream: StreamName, bytes: Uint8Array) => void) {
    this.#onPassed = callback;
  }

  /** Output goes to `target` from now on, what the ring holds first; the previous target is closed. */
  attach(target: OutputTarget): void {
    this.#leave();
    this.#target = target;
    this.#draining = this.#ring.heldBytes > 0;
    if (this.#draining) this.#drain(target);
    else this.#wakeAll();
  }

  /** As `attach`, but the previous target stays open: `target` is it in another form. */
  replace(target: OutputTarget): void {
    this.#target = undefined;
    this.attach(target);
  }

  /** Output goes to the ring from now on; the target is closed. Channels that waited for it write at once. */
  detach(): void {
    this.#leave();
    this.#wakeAll();
  }

  /** As `detach`, but the target stays open: it may be attached again. */
  release(): void {
    this.#target = undefined;
    this.#leave();
    this.#wakeAll();
  }

  /** Settles when the ring is empty, at once while nobody is attached: then nobody will empty it. */
  drained(): Promise<void> {
    if (this.#target === undefined || this.#ring.heldBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drainedCallbacks.push(resolve));
  }

  /** What the ring holds, for another process. Detach first. */
  state(): SwitchState {
    return {
      records: this.#ring.records(),
      lostBytes: this.#ring.lostBytes,
      passedBytes: this.#passedBytes,
    };
  }

  /** Takes over what another process held. To be called before anything is written. */
  restore(state: SwitchState): void {
    for (const { stream, bytes } of state.records) this.#ring.push(stream, bytes);
    this.#ring.addLost(state.lostBytes);
    this.#passedBytes = state.passedBytes;
  }

  #port(stream: StreamName): OutputPort {
    return {
      write: (bytes) => this.#write(stream, bytes),
      onWritable: (callback) => {
        this.#onWritable(stream, callback);
      },
      encode: (text) => Buffer.from(text, 'latin1'),
    };
  }

  #write(stream: StreamName, bytes: Uint8Array): number | 'would-block' | 'broken' {
    const target = this.#target;
    if (target !== undefined) {
      if (this.#draining) return 'would-block';
      const taken = target[stream].write(bytes);
      if (typeof taken === 'number') this.#pass(stream, bytes.subarray(0, taken));
      if (taken !== 'broken' || target.endsRun === true) return taken;
      this.#breakOff(target);
    }
    this.#ring.push(stream, bytes);
    this.#pass(stream, bytes);
    return bytes.length;
  }

  #pass(stream: StreamName, bytes: Uint8Array): void {
    this.#passedBytes += bytes.length;
    this.#onPassed(stream, bytes);
  }

  #onWritable(stream: StreamName, callback: () => void): void {
    this.#waiting[stream].push(callback);
    const target = this.#target;
    if (target === undefined) queueMicrotask(() => this.#wake(stream));
    else if (!this.#draining) this.#awaitPort(target, stream, () => this.#wake(stream));
  }

  /** A port that was asked before output went elsewhere may still call back; that is no news then. */
  #awaitPort(target: OutputTarget, stream: StreamName, callback: () => void): void {
    target[stream].onWritable(() => {
      if (this.#target === target) callback();
    });
  }

  #drain(target: OutputTarget): void {
    let turn = TURN_BYTES;
    for (;;) {
      if (turn <= 0) {
        setImmediate(() => this.#continueDraining(target));
        return;
      }
      const record = this.#ring.peek(PIECE_BYTES);
      if (record === undefined) break;
      const taken = target[record.stream].write(record.bytes);
      if (taken === 'broken') {
        this.#breakOff(target);
        return;
      }
      if (taken === 'would-block') {
        this.#awaitPort(target, record.stream, () => this.#continueDraining(target));
        return;
      }
      this.#ring.consume(taken);
      turn -= taken;
    }
    this.#draining = false;
    for (const callback of this.#drainedCallbacks.splice(0)) callback();
    this.#wakeAll();
  }

  #continueDraining(target: OutputTarget): void {
    if (this.#target === target && this.#draining) this.#drain(target);
  }

  #breakOff(target: OutputTarget): void {
    this.detach();
    target.onBroken?.();
  }

  #leave(): void {
    const target = this.#target;
    this.#target = undefined;
    this.#draining = false;
    for (const callback of this.#drainedCallbacks.splice(0)) callback();
    target?.close?.();
  }

  /** Later, so that nobody writes while the target is being exchanged. */
  #wakeAll(): void {
    queueMicrotask(() => {
      this.#wake('out');
      this.#wake('err');
    });
  }

  #wake(stream: StreamName): void {
    if (this.#draining) return;
    for (const callback of this.#waiting[stream].splice(0)) callback();
  }
}
