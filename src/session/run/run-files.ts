import { ModuleFiles } from '../files/module-files.ts';
import type { HandlerGate } from '../../runtime/pseudo-file.ts';
import type { MessagePrinter } from '../output/message-printer.ts';
import type { RunSetup } from './run-setup.ts';

/** The files of a run; none are served yet. `onLost` hears once why they cannot be served any more. */
export function runFiles(
  { serving, engineOptions, tellsPlace }: RunSetup,
  messages: MessagePrinter,
  gate: HandlerGate,
  onLost: (reason: string) => void,
): ModuleFiles {
  return new ModuleFiles(serving, {
    moduleName: engineOptions.moduleName,
    gate,
    warn: (text) => messages.print({ kind: 'warning', text }),
    note: (text) => {
      if (tellsPlace) messages.print({ kind: 'note', text });
    },
    onLost,
  });
}
