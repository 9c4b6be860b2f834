import type { RuntimeMessage } from '../../runtime/engine-ports.ts';
import type { OutputPort } from '../../runtime/output.ts';
import { OutputFile } from './output-file.ts';
import { DescriptorOutput } from '../ports/descriptor-output.ts';
import type { NativeCalls } from '../ports/native-calls.ts';
import type { OutputRotation } from '../stap-options.ts';
import { errorCodeText } from '../../fuse/system-error-text.ts';

const STDOUT = 1;

/** Where a script's output is to go. */
export interface OutputChoice {
  /** -o; undefined: standard output. */
  readonly outputFile: string | undefined;
  /** -S, only with -o. */
  readonly outputRotation: OutputRotation | undefined;
}

/**
 * Script output to standard output or to the file of -o, never lost in silence: when it cannot be written (a full disk, a
 * file size limit) an error names the file and the reason, and `broken` ends the run. A reader of standard output that
 * went away is no error.
 */
export class ScriptOutput implements OutputPort {
  readonly #port: OutputFile | DescriptorOutput;
  readonly #report: (message: RuntimeMessage) => void;
  #failed = false;

  /**
   * @param report takes errors and warnings about the output
   * @throws {OutputFileError} the file cannot be opened
   */
  constructor(
    choice: OutputChoice,
    loadNative: () => Promise<NativeCalls | undefined>,
    report: (message: RuntimeMessage) => void,
  ) {
    const { outputFile, outputRotation } = choice;
    const open = (fd: number): DescriptorOutput => new DescriptorOutput(fd, loadNative);
    const warn = (text: string): void => report({ kind: 'warning', text });
    this.#report = report;
    this.#port =
      outputFile === undefined
        ? open(STDOUT)
        : new OutputFile(outputFile, outputRotation, open, () => new Date(), warn);
  }

  /** Output could not be written: the run counts as failed. */
  get failed(): boolean {
    return this.#failed;
  }

  write(bytes: Uint8Array): number | 'would-block' | 'broken' {
    const taken = this.#port.write(bytes);
    if (taken === 'broken') this.#tellFailure();
    return taken;
  }

  onWritable(callback: () => void): void {
    this.#port.onWritable(callback);
  }

  encode(text: string): Uint8Array {
    return this.#port.encode(text);
  }

  /** Nothing is written any more. */
  close(): void {
    this.#port.close();
  }

  /** SIGUSR2 and switch_file(): goes on in the next file. Nothing without -o. */
  switchFile(): void {
    if (this.#port instanceof OutputFile) this.#port.switchFile();
  }

  /** At the end of the run: says how much is missing. */
  reportLoss(lostBytes: number): void {
    if (!this.#failed || lostBytes === 0) return;
    const text = `${lostBytes} bytes of output could not be written to ${this.#name()}.`;
    this.#report({ kind: 'warning', text });
  }

  #name(): string {
    return this.#port instanceof OutputFile ? `output file ${this.#port.name}` : 'standard output';
  }

  #tellFailure(): void {
    const code = this.#port.failure;
    if (this.#failed || code === undefined || code === 'EPIPE') return;
    this.#failed = true;
    this.#report({
      kind: 'error',
      text: `Couldn't write to ${this.#name()}: ${errorCodeText(code) ?? code}, exiting.`,
    });
  }
}
