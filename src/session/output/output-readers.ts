import { closeSync } from 'node:fs';
import type { AttachedClient, AttachRequest } from '../../control/module-control.ts';
import type { ControlReply } from '../../control/protocol.ts';
import { parseColors } from '../../diagnostic/colors.ts';
import type { OutputPort } from '../../runtime/output.ts';
import { MessagePrinter } from './message-printer.ts';
import { OutputFileError } from './output-file.ts';
import type { StreamName } from './output-ring.ts';
import { OutputSwitch, type OutputTarget, type SwitchState } from './output-switch.ts';
import { DescriptorOutput } from '../ports/descriptor-output.ts';
import type { NativeLoader } from '../run/run-ports.ts';
import type { RunSetup } from '../run/run-setup.ts';
import { ScriptOutput } from './script-output.ts';

/** Who reads the output of a module. */
export interface Reader {
  readonly pid: number;
  readonly command: string;
}

/** A target that belongs to this process: its terminal, or the file of -o. */
export interface OwnTarget extends OutputTarget {
  readonly out: ScriptOutput;
  /** Settles when what its ports took is where it belongs. */
  readonly drained?: () => Promise<void>;
}

/**
 * Who reads the output of a run: this process itself (a terminal, the file of -o), a client that attached, or nobody, and
 * then output is kept in memory.
 */
export class OutputReaders {
  readonly messages: MessagePrinter;
  readonly #output: OutputSwitch;
  readonly #loadNative: NativeLoader;
  readonly #hideWarnings: boolean;
  #own: OwnTarget | undefined;
  #client: AttachedClient | undefined;
  #clientFile: ScriptOutput | undefined;
  #onChange: () => void = () => undefined;

  constructor(
    setup: Pick<RunSetup, 'ringBytes' | 'colors' | 'hideWarnings' | 'engineOptions'>,
    loadNative: NativeLoader,
    kept?: SwitchState,
  ) {
    this.#output = new OutputSwitch(setup.ringBytes);
    if (kept !== undefined) this.#output.restore(kept);
    this.#loadNative = loadNative;
    this.#hideWarnings = setup.hideWarnings;
    const { colors, hideWarnings, engineOptions } = setup;
    this.messages = new MessagePrinter(this.#output.err, colors, hideWarnings, engineOptions.outputFormat);
  }

  /** Where the script's output goes. */
  get out(): OutputPort {
    return this.#output.out;
  }

  get bufferedBytes(): number {
    return this.#output.bufferedBytes;
  }

  get lostBytes(): number {
    return this.#output.lostBytes;
  }

  /** Bytes of both streams so far, over all processes that have run the module. */
  get passedBytes(): number {
    return this.#output.passedBytes;
  }

  /** Called for all output that is read or kept: each byte once, in order. The bytes stay as they are. */
  set onPassed(callback: (stream: StreamName, bytes: Uint8Array) => void) {
    this.#output.onPassed = callback;
  }

  /** Output of this process itself failed: the run counts as failed. */
  get failed(): boolean {
    return this.#own?.out.failed ?? false;
  }

  /** The target of this process itself, when it reads the output. */
  get own(): OwnTarget | undefined {
    return this.#own;
  }

  /** Nobody reads: output is kept. */
  get isDetached(): boolean {
    return !this.#output.attached;
  }

  /** Everybody who reads the output. */
  list(): readonly Reader[] {
    if (this.#own !== undefined) return [{ pid: process.pid, command: 'stap' }];
    return this.#client === undefined ? [] : [{ pid: this.#client.pid, command: 'staprun' }];
  }

  /** Output goes to this process's own target. */
  attachOwn(target: OwnTarget): void {
    this.#own = target;
    this.#output.attach(target);
  }

  /** Output to the own target goes through these ports from now on. */
  showOwn(ports: Pick<OutputTarget, 'out' | 'err'>): void {
    if (this.#own !== undefined) this.#output.replace({ ...this.#own, ...ports });
  }

  /** Leaves the own target, open, for `attachOwn` or for nobody. */
  releaseOwn(): OwnTarget | undefined {
    const own = this.#own;
    this.#own = undefined;
    this.#output.release();
    return own;
  }

  /** Output goes to a client whose descriptors these are, what was kept first. */
  attach(client: AttachedClient, request: AttachRequest, outFd: number, errFd: number): ControlReply {
    const closeFds = (): void => {
      for (const fd of new Set([outFd, errFd])) closeSync(fd);
    };
    const err = new DescriptorOutput(errFd, this.#loadNative);
    let out: ScriptOutput | DescriptorOutput;
    try {
      out = this.#openClientOutput(request, outFd);
    } catch (error) {
      err.close();
      closeFds();
      if (!(error instanceof OutputFileError)) throw error;
      return { ok: false, code: 'not-possible', text: error.message };
    }
    this.#client = client;
    this.#clientFile = out instanceof ScriptOutput ? out : undefined;
    this.messages.setLook(
      request.colors === undefined ? undefined : parseColors(request.colors),
      this.#hideWarnings || request.hideWarnings,
    );
    this.#output.attach({
      out,
      err,
      close: () => {
        out.close();
        err.close();
        closeFds();
      },
      onBroken: () => this.#clientBroke(client),
    });
    this.#onChange();
    return { ok: true };
  }

  /** Output is kept again. Nothing when it is not this client that reads. */
  detach(client: AttachedClient | undefined): void {
    if (client !== undefined && client !== this.#client) return;
    this.#own = undefined;
    const { messages } = this;
    messages.setLook(undefined, this.#hideWarnings);
    this.#output.detach();
    this.#forgetClient();
  }

  /** SIGQUIT in the process that runs the module: whoever reads is left alone from now on. */
  detachAll(): void {
    const client = this.#client;
    this.detach(undefined);
    client?.tell({ event: 'detached' });
    client?.close();
  }

  /** Goes on in the next output file, when there is one. */
  rotate(): void {
    (this.#own?.out ?? this.#clientFile)?.switchFile();
  }

  /** Settles when everything kept is out, or nobody reads. */
  async drained(): Promise<void> {
    await this.#output.drained();
    await this.#own?.drained?.();
  }

  /** Calls back whenever somebody attaches or leaves. */
  onChange(callback: () => void): void {
    this.#onChange = callback;
  }

  /** What is kept, for another process. */
  state(): SwitchState {
    return this.#output.state();
  }

  /** The module has ended and its output is out. */
  end(status: 0 | 1): void {
    this.#client?.tell({ event: 'ended', status });
    this.#client?.close();
    this.#forgetClient();
  }

  /** At the end: tells how much could not be written. */
  reportLoss(lostBytes: number): void {
    this.#own?.out.reportLoss(lostBytes);
  }

  #openClientOutput(request: AttachRequest, outFd: number): ScriptOutput | DescriptorOutput {
    if (request.outputFile === undefined) return new DescriptorOutput(outFd, this.#loadNative);
    const { format, rotation } = request.outputFile;
    return new ScriptOutput(
      {
        outputFile: format,
        outputRotation:
          rotation === undefined ? undefined : { sizeMb: rotation.sizeMb, files: rotation.files },
      },
      this.#loadNative,
      (message) => this.messages.print(message),
    );
  }

  #clientBroke(client: AttachedClient): void {
    if (client !== this.#client) return;
    client.tell({ event: 'detached', reason: 'its output cannot be written' });
    client.close();
    this.#forgetClient();
  }

  #forgetClient(): void {
    this.#client = undefined;
    this.#clientFile = undefined;
    this.#onChange();
  }
}
