import { OutputFileError } from './output-file.ts';
import type { OutputReaders } from './output-readers.ts';
import type { NativeLoader } from '../run/run-ports.ts';
import type { RunSetup } from '../run/run-setup.ts';
import { ScriptOutput } from './script-output.ts';
import { SyslogOutput } from './syslog-output.ts';

/**
 * Lets a module without terminal write its output to the file of -o and its messages to syslog. Messages are kept until
 * `started`. Undefined: the file cannot be opened, which has been reported.
 */
export function openOwnFile(
  setup: RunSetup,
  readers: OutputReaders,
  loadNative: NativeLoader,
): SyslogOutput | undefined {
  try {
    const out = new ScriptOutput(setup, loadNative, (message) => readers.messages.print(message));
    const err = new SyslogOutput(setup.environment, (text) => void out.write(text));
    readers.attachOwn({ out, err, endsRun: true, drained: () => err.drained(), close: () => out.close() });
    return err;
  } catch (error) {
    if (!(error instanceof OutputFileError)) throw error;
    readers.messages.print({ kind: 'error', text: error.message });
    return undefined;
  }
}
