/** One file of a module as tools show it. */
export interface ModuleFile {
  /** Relative to the module's directory. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
}

/**
 * What a running script publishes about itself in `<root>/.NAME/entry.json`, readable by everybody: enough to list it
 * and to tell whether its owner still lives. All else is asked through its control socket.
 */
export interface ModuleEntry {
  readonly formatVersion: 1;
  readonly name: string;
  /** `running`: begin probes are done and handlers run. */
  readonly state: 'starting' | 'running' | 'ending';
  /** Process that runs the handlers. */
  readonly pid: number;
  /** Field 22 of /proc/PID/stat of that process: tells it from a later one with the same number. */
  readonly startTicks: string;
  /** Real user of that process. */
  readonly uid: number;
  /** Milliseconds since 1970, when the module started; a change of process does not change it. */
  readonly startedAtMs: number;
  /** Name of the script as messages show it: a file's path, or `<input>`. */
  readonly script: string;
  /** Directory of the files; undefined for a script without procfs probes. */
  readonly directory: string | undefined;
  readonly files: readonly ModuleFile[];
}

/** Directory that holds a module's entry and its control socket, 0755; its creation is what claims the name. */
export function moduleHome(root: string, name: string): string {
  return `${root}/.${name}`;
}

/** The entry's path below a module's home, mode 0644, replaced atomically. */
export const ENTRY_FILE = 'entry.json';

/** The control socket's path below a module's home, mode 0600. */
export const CONTROL_SOCKET = 'control';
