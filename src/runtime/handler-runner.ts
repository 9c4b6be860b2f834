import type { CompiledProbe } from '../module/compiled-module.ts';
import type { EngineMessages } from './engine-messages.ts';
import type { GeneratedCode } from './generated-code.ts';
import { HandlerAbort, ScriptError } from './handler-context.ts';
import type { Clock, ProcessContext } from './handler-context.ts';
import { asScriptFailure } from './handler-error.ts';
import type { HandlerState } from './handler-state.ts';
import type { KernelEvent } from './kernel-event.ts';
import type { KernelPause } from './kernel-pause.ts';
import type { OutputChannel } from './output.ts';
import { stateFor } from './probe-event-rules.ts';
import type { ProbeRecord } from './probe-record.ts';
import type { RunOutcome } from './procfs-files.ts';
import type { SessionLife } from './session-life.ts';

/** Output of handlers of events is collected up to this length: they come in crowds, and each write costs more than most. */
const COLLECTED_OUTPUT_MAX = 65_536;

/** What a handler runs with. */
export interface RunnerParts {
  /** Throws when the module has not been loaded. */
  readonly code: () => GeneratedCode;
  readonly context: HandlerState;
  readonly output: OutputChannel;
  readonly messages: EngineMessages;
  readonly life: SessionLife;
  readonly clock: Clock;
  readonly pause: KernelPause;
  /** Runs a shell command that the handler asked for. */
  readonly runCommand: (command: string) => void;
}

/** Runs handlers, one at a time, from the check of the state to the report of an error. */
export class HandlerRunner {
  /** Whether runs are measured. */
  timing: boolean;
  readonly #parts: RunnerParts;
  #commands: string[] = [];

  constructor(parts: RunnerParts, timing: boolean) {
    this.#parts = parts;
    this.timing = timing;
  }

  /** The command is run when the handler at work has ended. */
  queueCommand(command: string): void {
    this.#commands.push(command);
  }

  /** One invocation. Who runs handlers of events flushes the output after them. */
  run(record: ProbeRecord, process: ProcessContext, event?: KernelEvent): RunOutcome {
    const { life, context, clock, output, pause } = this.#parts;
    const { probe } = record;
    if (life.state !== stateFor(probe.event)) return 'refused';
    if (!record.on) return 'done';
    record.hits += 1;
    context.enter(probe, process, event);
    const startedNs = this.timing ? clock.monotonicNs() : undefined;
    if (probe.pausesKernel === true) pause.request();
    const failure = this.#invoke(probe);
    pause.release();
    if (startedNs !== undefined) record.addTime(clock.monotonicNs() - startedNs);
    if (event === undefined || output.unsent > COLLECTED_OUTPUT_MAX) output.flush();
    if (failure !== undefined) this.report(failure, probe);
    if (this.#commands.length > 0) this.#runCommands();
    return failure === undefined ? 'done' : 'failed';
  }

  /** Reports an error that nobody caught, after all output before it; the run fails when there were too many. */
  report(error: ScriptError, probe: CompiledProbe): void {
    const { output, messages, life } = this.#parts;
    output.flush();
    if (messages.handlerFailed(error, probe.pp)) life.fail();
  }

  #runCommands(): void {
    this.#parts.output.flush();
    for (const command of this.#commands.splice(0)) this.#parts.runCommand(command);
  }

  #invoke(probe: CompiledProbe): ScriptError | undefined {
    const { handlers, conditions } = this.#parts.code();
    const condition = probe.condition === undefined ? undefined : conditions[probe.condition];
    try {
      if (condition === undefined || condition() !== 0) handlers[probe.handler]?.();
      return undefined;
    } catch (thrown) {
      const failure = asScriptFailure(thrown);
      if (failure instanceof HandlerAbort) return undefined;
      return failure instanceof ScriptError ? failure : this.#ourMistake(failure);
    }
  }

  /** The script goes down in good order, files and all, and the report tells where to look. */
  #ourMistake(thrown: unknown): ScriptError {
    const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    const [first, place] = text.split('\n').map((line) => line.trim());
    this.#parts.life.fail();
    return new ScriptError(`internal error (please report this, with the script): ${first} ${place}`, false);
  }
}
