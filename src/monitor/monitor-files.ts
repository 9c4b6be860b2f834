import type { PseudoFile } from '../runtime/pseudo-file.ts';
import { parseControlCommand } from './control-command.ts';
import type { StatusFacts, WatchedModule } from './monitored-engine.ts';
import { statusJson } from './status-json.ts';

const EINVAL = 22;
const EIO = 5;

/** Names of the files that `--monitor` adds to a module's directory. */
export const STATUS_FILE = 'monitor_status';
/** Written to steer the module, as in SystemTap. */
export const CONTROL_FILE = 'monitor_control';

/**
 * The two files: the state as JSON to read, commands to write (see stap(1), --monitor). A text that is no command, or
 * the index of no probe, is answered by EINVAL.
 * @param watched undefined while no module runs, which answers EIO
 */
export function monitorFiles(
  watched: () => WatchedModule | undefined,
  facts: StatusFacts,
): readonly PseudoFile[] {
  return [
    {
      path: STATUS_FILE,
      mode: 0o400,
      read: () => {
        const module = watched();
        return module === undefined ? { errno: EIO } : { content: statusJson(module.status(facts)) };
      },
    },
    {
      path: CONTROL_FILE,
      mode: 0o200,
      write: (_accessor, data) => {
        const module = watched();
        if (module === undefined) return { errno: EIO };
        const command = parseControlCommand(data);
        if (command === undefined || !module.perform(command)) return { errno: EINVAL };
        return { written: data.length };
      },
    },
  ];
}
