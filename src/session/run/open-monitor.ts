import { memoryUse } from '../../monitor/memory-use.ts';
import { Monitor } from '../../monitor/monitor.ts';
import { MonitorTerminal } from '../../monitor/monitor-terminal.ts';
import { isTerminal } from '../ports/is-terminal.ts';
import type { OutputReaders } from '../output/output-readers.ts';
import { DescriptorOutput } from '../ports/descriptor-output.ts';
import { SystemClock } from '../ports/system-clock.ts';
import { textFiles } from '../ports/text-files.ts';
import type { NativeLoader } from './run-ports.ts';
import type { RunSetup } from './run-setup.ts';

const STDOUT = 1;
const STDERR = 2;

/**
 * The monitor of a run with --monitor. When this process reads the output itself and has a terminal, the screen appears
 * at once, and output and messages go through it from now on.
 */
export async function openMonitor(
  setup: RunSetup & { readonly monitorIntervalMs: number },
  readers: OutputReaders,
  loadNative: NativeLoader,
): Promise<Monitor> {
  const { own } = readers;
  const native = own === undefined ? undefined : await loadNative();
  const terminal = native === undefined ? undefined : MonitorTerminal.open(native, setup.environment);
  const clock = new SystemClock();
  const stdout = new DescriptorOutput(STDOUT, loadNative);
  const monitor = new Monitor({
    moduleName: setup.engineOptions.moduleName,
    uid: process.getuid?.() ?? 0,
    intervalMs: setup.monitorIntervalMs,
    output: { port: own?.out ?? stdout, onTerminal: setup.outputFile === undefined },
    messages: { port: own?.err ?? stdout, onTerminal: isTerminal(STDERR) },
    screen: terminal && { terminal, port: stdout },
    monotonicNs: () => clock.monotonicNs(),
    memory: () => memoryUse(textFiles, process.memoryUsage().heapUsed),
  });
  if (terminal !== undefined) readers.showOwn({ out: monitor.output, err: monitor.messages });
  return monitor;
}
