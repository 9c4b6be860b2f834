import type { EngineOptions, EnginePorts, RuntimeMessage, TimerPort } from '../engine-ports.ts';
import type { Clock, ProcessContext } from '../handler-context.ts';
import type { IntrinsicTable } from '../intrinsic-table.ts';
import type { OutputPort } from '../output.ts';
import type { RegexCompiler } from '../regex.ts';

/** An output port that keeps what it gets and can be made to refuse. */
export class MemoryOutput implements OutputPort {
  text = '';
  /** Bytes it still takes before it would block. */
  room = Infinity;
  broken = false;
  #callback: (() => void) | undefined;

  write(bytes: Uint8Array): number | 'would-block' | 'broken' {
    if (this.broken) return 'broken';
    const taken = Math.min(this.room, bytes.length);
    if (taken === 0) return 'would-block';
    this.room -= taken;
    this.text += Array.from(bytes.subarray(0, taken), (byte) => String.fromCharCode(byte)).join('');
    return taken;
  }

  onWritable(callback: () => void): void {
    if (this.#callback !== undefined) throw new Error('somebody waits for this port already');
    this.#callback = callback;
  }

  encode(text: string): Uint8Array {
    return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
  }

  /** Gives room and calls back whoever waits for it. */
  makeRoom(bytes: number): void {
    this.room += bytes;
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }
}

/** A clock and timers that move only when told. */
export class ManualTime implements Clock, TimerPort {
  nowNs = 1_000_000_000n;
  readonly #pending: { readonly atNs: bigint; readonly callback: () => void }[] = [];

  realtimeNs(): bigint {
    return this.nowNs;
  }

  monotonicNs(): bigint {
    return this.nowNs;
  }

  wallMinusMonotonicNs(): bigint {
    return 0n;
  }

  setTimer(atMonotonicNs: bigint, callback: () => void): { cancel(): void } {
    const entry = { atNs: atMonotonicNs, callback };
    this.#pending.push(entry);
    return {
      cancel: () => {
        const index = this.#pending.indexOf(entry);
        if (index >= 0) this.#pending.splice(index, 1);
      },
    };
  }

  /** Number of timers that wait. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** Moves time on, expiring timers in order at their own times. */
  advance(durationNs: bigint): void {
    const untilNs = this.nowNs + durationNs;
    for (;;) {
      const due = this.#pending.filter(({ atNs }) => atNs <= untilNs);
      const [next] = due.sort((left, right) => Number(left.atNs - right.atNs));
      if (next === undefined) break;
      this.#pending.splice(this.#pending.indexOf(next), 1);
      if (next.atNs > this.nowNs) this.nowNs = next.atNs;
      next.callback();
    }
    this.nowNs = untilNs;
  }

  /** Moves time on without expiring anything, as a busy process does. */
  stall(durationNs: bigint): void {
    this.nowNs += durationNs;
  }
}

/** A process with fixed identity. */
export function fixedProcess(pid: number, name: string): ProcessContext {
  return {
    tid: pid,
    pid: () => pid,
    ppid: () => 1,
    pgrp: () => pid,
    sid: () => pid,
    uid: () => 0,
    euid: () => 0,
    gid: () => 0,
    egid: () => 0,
    execname: () => name,
    pexecname: () => 'init',
  };
}

/** Ports of an engine that lives in memory, and what it did to them. */
export interface MemoryWorld {
  readonly ports: EnginePorts;
  readonly output: MemoryOutput;
  readonly time: ManualTime;
  readonly messages: RuntimeMessage[];
  readonly commands: string[];
}

/** A world for one engine; the code of modules is evaluated in this realm. */
export function memoryWorld(intrinsics: IntrinsicTable, compileRegex?: RegexCompiler): MemoryWorld {
  const output = new MemoryOutput();
  const time = new ManualTime();
  const messages: RuntimeMessage[] = [];
  const commands: string[] = [];
  const ports: EnginePorts = {
    output,
    message: (message) => messages.push(message),
    timers: time,
    clock: time,
    // The code is a test's or our translator's.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    evaluate: (code) => (new Function(`return (${code});`) as () => unknown)(),
    intrinsics,
    ...(compileRegex && { compileRegex }),
    ownProcess: fixedProcess(100, 'stap'),
    processOf: ({ tid }) => fixedProcess(tid, 'cat'),
    runCommand: (command) => commands.push(command),
    switchOutputFile: () => undefined,
    random: () => 0.5,
  };
  return { ports, output, time, messages, commands };
}

/** Options of a run that asks for nothing special. */
export const PLAIN_OPTIONS: EngineOptions = {
  moduleName: 'stap_test',
  stapPid: 100,
  target: 0,
  scriptArguments: [],
  suppressHandlerErrors: false,
  timing: false,
};
