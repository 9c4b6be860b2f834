/** Output of one stream, without any of the other between. */
export interface OutputRun {
  readonly stream: 'out' | 'err';
  /** When the first of it was written, milliseconds since 1970. */
  readonly timeMs: number;
  readonly bytes: Buffer;
}

/** What each run is counted for beside its bytes: many short ones take memory, too. */
const RUN_BYTES = 64;

/** The newest output of a module, for somebody who cannot be there in time. */
export class KeptOutput {
  readonly #capacityBytes: number;
  #runs: OutputRun[] = [];
  #keptBytes = 0;
  #droppedBytes = 0;

  /** @param capacityBytes most memory for it */
  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** What is kept, oldest first. */
  get runs(): readonly OutputRun[] {
    return this.#runs;
  }

  /** Bytes that gave way to newer ones; they were before everything that is kept. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Bytes that were added, kept or not. */
  get allBytes(): number {
    return this.#keptBytes + this.#droppedBytes;
  }

  /** Keeps a run, which stays as it is; of one that is larger than everything there is room for, its end. */
  add(run: OutputRun): void {
    const excess = Math.max(0, run.bytes.length + RUN_BYTES - this.#capacityBytes);
    this.#runs.push(excess === 0 ? run : { ...run, bytes: Buffer.from(run.bytes.subarray(excess)) });
    this.#keptBytes += run.bytes.length - excess;
    this.#droppedBytes += excess;
    let oldest = 0;
    while (this.#keptBytes + (this.#runs.length - oldest) * RUN_BYTES > this.#capacityBytes) {
      const length = this.#runs[oldest++]?.bytes.length ?? 0;
      this.#keptBytes -= length;
      this.#droppedBytes += length;
    }
    if (oldest > 0) this.#runs.splice(0, oldest);
  }

  /** So many bytes are missing now: what was before them is dropped, too, so that what is kept is without gap. */
  skip(bytes: number): void {
    this.#droppedBytes += this.#keptBytes + bytes;
    this.#keptBytes = 0;
    this.#runs = [];
  }
}
